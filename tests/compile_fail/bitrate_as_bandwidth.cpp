#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  Bandwidth b = to_bytes(400_Gbitps);
  (void)b;
#else
  Bandwidth b = 400_Gbitps;
  (void)b;
#endif
}
