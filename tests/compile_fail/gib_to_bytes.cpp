#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  Bytes b = exact(64_GiB);
  (void)b;
#else
  Bytes b = 64_GiB;
  (void)b;
#endif
}
