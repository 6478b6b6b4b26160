#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

[[maybe_unused]] void f() {
#ifdef GOOD
  Bytes b = to_bytes(8_Gbit);
  (void)b;
#else
  Bytes b = 8_Gbit;
  (void)b;
#endif
}
