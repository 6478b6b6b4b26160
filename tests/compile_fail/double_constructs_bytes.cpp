#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  Bytes b = Bytes::from_base(64.0);
  (void)b;
#else
  Bytes b(64.0);
  (void)b;
#endif
}
