// Literals. Decimal and binary sizes are different types on purpose: 64_GB is a Bytes, 64_GiB is a
// BinaryBytes that becomes Bytes only when asked (`exact`), so the two cannot be mixed unnoticed.
#pragma once

#include "units/quantity.hpp"

namespace perfmodel {

/// A size written with a binary prefix.
class BinaryBytes {
 public:
  static constexpr BinaryBytes from_base(double bytes) { return BinaryBytes(bytes); }
  friend constexpr Bytes exact(BinaryBytes b) { return Bytes::from_base(b.v_); }

 private:
  constexpr explicit BinaryBytes(double v) : v_(v) {}
  double v_;
};

namespace literals {

// One macro, because a user-defined literal needs both an integer and a floating overload.
#define PERFMODEL_LITERAL(suffix, type, factor)                \
  constexpr type operator""_##suffix(long double v) {          \
    return type::from_base(static_cast<double>(v) * (factor)); \
  }                                                            \
  constexpr type operator""_##suffix(unsigned long long v) {   \
    return type::from_base(static_cast<double>(v) * (factor)); \
  }
PERFMODEL_LITERAL(B, Bytes, 1.0)
PERFMODEL_LITERAL(kB, Bytes, 1e3)
PERFMODEL_LITERAL(MB, Bytes, 1e6)
PERFMODEL_LITERAL(GB, Bytes, 1e9)
PERFMODEL_LITERAL(TB, Bytes, 1e12)
PERFMODEL_LITERAL(KiB, BinaryBytes, 1024.0)
PERFMODEL_LITERAL(MiB, BinaryBytes, 1048576.0)
PERFMODEL_LITERAL(GiB, BinaryBytes, 1073741824.0)
PERFMODEL_LITERAL(Gbit, Bits, 1e9)
PERFMODEL_LITERAL(GBps, Bandwidth, 1e9)
PERFMODEL_LITERAL(TBps, Bandwidth, 1e12)
PERFMODEL_LITERAL(Gbitps, BitRate, 1e9)
PERFMODEL_LITERAL(GFLOP, Ops, 1e9)
PERFMODEL_LITERAL(TFLOPps, OpRate, 1e12)
PERFMODEL_LITERAL(s, Time, 1.0)
PERFMODEL_LITERAL(ms, Time, 1e-3)
PERFMODEL_LITERAL(us, Time, 1e-6)
PERFMODEL_LITERAL(ns, Time, 1e-9)
PERFMODEL_LITERAL(J, Energy, 1.0)
PERFMODEL_LITERAL(W, Power, 1.0)
PERFMODEL_LITERAL(kW, Power, 1e3)
#undef PERFMODEL_LITERAL

}  // namespace literals
}  // namespace perfmodel
