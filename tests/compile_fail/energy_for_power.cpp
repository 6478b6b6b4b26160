#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  Power p = 3_J / 1_s;
  (void)p;
#else
  Power p = 3_J;
  (void)p;
#endif
}
