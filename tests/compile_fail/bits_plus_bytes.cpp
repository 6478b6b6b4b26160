#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  auto x = to_bytes(8_Gbit) + 1_GB;
  (void)x;
#else
  auto x = 8_Gbit + 1_GB;
  (void)x;
#endif
}
