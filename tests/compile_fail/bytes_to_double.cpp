#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  double d = (64_GB).base();
  (void)d;
#else
  double d = 64_GB;
  (void)d;
#endif
}
