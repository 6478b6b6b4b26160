// Quantities with a dimension. A Quantity is a double that knows what it measures: it neither
// converts from nor to a plain number, and it adds and compares only with its own dimension.
//
// Base units, always: operation (FLOP or OP), byte, bit, second, joule, US dollar, yuan. Bits are a
// dimension of their own, so that a link quoted in Gbit/s cannot be taken for GB/s by accident;
// `to_bytes` is the only bridge. Multiplying and dividing composes dimensions; a ratio of equal
// dimensions is a plain double.
#pragma once

#include <cmath>
#include <compare>
#include <limits>
#include <type_traits>

namespace perfmodel {

/// Exponents of the base dimensions.
template <int Ops, int Byte, int Bit, int Second, int Joule, int Usd, int Cny>
struct Dim {
  static constexpr int ops = Ops, byte = Byte, bit = Bit, second = Second, joule = Joule, usd = Usd,
                       cny = Cny;
};

template <class A, class B>
using DimProduct = Dim<A::ops + B::ops, A::byte + B::byte, A::bit + B::bit, A::second + B::second,
                       A::joule + B::joule, A::usd + B::usd, A::cny + B::cny>;
template <class A, class B>
using DimQuotient = Dim<A::ops - B::ops, A::byte - B::byte, A::bit - B::bit, A::second - B::second,
                        A::joule - B::joule, A::usd - B::usd, A::cny - B::cny>;

using Dimensionless = Dim<0, 0, 0, 0, 0, 0, 0>;

template <class D>
class Quantity {
 public:
  using dimension = D;

  constexpr Quantity() = default;

  /// The only ways between a quantity and a number, both named: `from_base` takes a number of base
  /// units (bytes, seconds, operations per second, ...), `base` gives one back.
  static constexpr Quantity from_base(double v) { return Quantity(v); }
  constexpr double base() const { return v_; }

  static constexpr Quantity infinity() { return Quantity(std::numeric_limits<double>::infinity()); }
  constexpr bool is_finite() const { return std::isfinite(v_); }

  constexpr auto operator<=>(const Quantity&) const = default;

  constexpr Quantity operator-() const { return Quantity(-v_); }
  constexpr Quantity& operator+=(Quantity o) {
    v_ += o.v_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    v_ -= o.v_;
    return *this;
  }
  constexpr Quantity& operator*=(double s) {
    v_ *= s;
    return *this;
  }
  constexpr Quantity& operator/=(double s) {
    v_ /= s;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.v_ + b.v_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.v_ - b.v_); }
  friend constexpr Quantity operator*(Quantity a, double s) { return Quantity(a.v_ * s); }
  friend constexpr Quantity operator*(double s, Quantity a) { return Quantity(a.v_ * s); }
  friend constexpr Quantity operator/(Quantity a, double s) { return Quantity(a.v_ / s); }

 private:
  constexpr explicit Quantity(double v) : v_(v) {}
  double v_ = 0.0;
};

template <class A, class B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  using P = DimProduct<A, B>;
  if constexpr (std::is_same_v<P, Dimensionless>) {
    return a.base() * b.base();
  } else {
    return Quantity<P>::from_base(a.base() * b.base());
  }
}
template <class A, class B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  using P = DimQuotient<A, B>;
  if constexpr (std::is_same_v<P, Dimensionless>) {
    return a.base() / b.base();
  } else {
    return Quantity<P>::from_base(a.base() / b.base());
  }
}

template <class D>
constexpr auto operator/(double a, Quantity<D> b) {
  return Quantity<DimQuotient<Dimensionless, D>>::from_base(a / b.base());
}

using Count = Quantity<Dimensionless>;
using Ops = Quantity<Dim<1, 0, 0, 0, 0, 0, 0>>;
using Bytes = Quantity<Dim<0, 1, 0, 0, 0, 0, 0>>;
using Bits = Quantity<Dim<0, 0, 1, 0, 0, 0, 0>>;
using Time = Quantity<Dim<0, 0, 0, 1, 0, 0, 0>>;
using Energy = Quantity<Dim<0, 0, 0, 0, 1, 0, 0>>;
using Usd = Quantity<Dim<0, 0, 0, 0, 0, 1, 0>>;
using Cny = Quantity<Dim<0, 0, 0, 0, 0, 0, 1>>;
using OpRate = Quantity<Dim<1, 0, 0, -1, 0, 0, 0>>;
using Bandwidth = Quantity<Dim<0, 1, 0, -1, 0, 0, 0>>;
using BitRate = Quantity<Dim<0, 0, 1, -1, 0, 0, 0>>;
using Frequency = Quantity<Dim<0, 0, 0, -1, 0, 0, 0>>;
using Power = Quantity<Dim<0, 0, 0, -1, 1, 0, 0>>;

/// Eight bits to the byte: the one place where the two meet.
constexpr Bytes to_bytes(Bits b) {
  return Bytes::from_base(b.base() / 8.0);
}
constexpr Bandwidth to_bytes(BitRate b) {
  return Bandwidth::from_base(b.base() / 8.0);
}

template <class D>
constexpr Quantity<D> min(Quantity<D> a, Quantity<D> b) {
  return b < a ? b : a;
}
template <class D>
constexpr Quantity<D> max(Quantity<D> a, Quantity<D> b) {
  return a < b ? b : a;
}

static_assert(sizeof(Bytes) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Bytes>);
static_assert(!std::is_convertible_v<double, Bytes> && !std::is_constructible_v<Bytes, double>);
static_assert(!std::is_convertible_v<Bytes, double>);

}  // namespace perfmodel
