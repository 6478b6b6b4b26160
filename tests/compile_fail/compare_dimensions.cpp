#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  bool b = 3_ms < 4_us;
  (void)b;
#else
  bool b = 3_ms < 4_W;
  (void)b;
#endif
}
