#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  bool b = to_bytes(400_Gbitps) < 50_GBps;
  (void)b;
#else
  bool b = 400_Gbitps < 50_GBps;
  (void)b;
#endif
}
