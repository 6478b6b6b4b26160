#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  auto x = 3_ms + 1_us;
  (void)x;
#else
  auto x = 3_ms + 1.0;
  (void)x;
#endif
}
