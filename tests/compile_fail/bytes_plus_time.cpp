#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  auto x = 64_GB / 1_s;
  (void)x;
#else
  auto x = 64_GB + 1_s;
  (void)x;
#endif
}
