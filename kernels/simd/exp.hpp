// e^x over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per target.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor polynomial of degree 7, whose remainder is
// below 6e-9; ln 2 in two parts so that n ln 2 is subtracted without rounding. Within 3e-7 of the
// exact value (relative) for -87 <= x <= 88; smaller x are taken for -87, where e^x is 1.6e-38.
SIMD_INLINE Simd::V vector_exp(Simd::V x) {
  using S = Simd;
  x = S::min(S::max(x, S::set(-87.0F)), S::set(88.0F));
  const S::V n = S::round(S::mul(x, S::set(1.44269504F)));
  S::V r = S::fma(n, S::set(-0.693359375F), x);
  r = S::fma(n, S::set(2.12194440e-4F), r);
  S::V p = S::set(1.0F / 5040.0F);
  p = S::fma(p, r, S::set(1.0F / 720.0F));
  p = S::fma(p, r, S::set(1.0F / 120.0F));
  p = S::fma(p, r, S::set(1.0F / 24.0F));
  p = S::fma(p, r, S::set(1.0F / 6.0F));
  p = S::fma(p, r, S::set(0.5F));
  p = S::fma(p, r, S::set(1.0F));
  p = S::fma(p, r, S::set(1.0F));
  return S::scale_by_power(p, n);
}
