#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  auto d = (64_GB).base();
  (void)d;
#else
  auto d = static_cast<double>(64_GB);
  (void)d;
#endif
}
