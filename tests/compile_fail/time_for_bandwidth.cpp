#include "units/literals.hpp"

using namespace perfmodel;
using namespace perfmodel::literals;

Time transfer_time(Bytes size, Bandwidth bandwidth) {
  return size / bandwidth;
}

[[maybe_unused]] void f() {
#ifdef GOOD
  (void)transfer_time(1_GB, 50_GBps);
#else
  (void)transfer_time(1_GB, 50_ms);
#endif
}
