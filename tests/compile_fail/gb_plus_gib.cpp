#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  auto x = 64_GB + exact(64_GiB);
  (void)x;
#else
  auto x = 64_GB + 64_GiB;
  (void)x;
#endif
}
