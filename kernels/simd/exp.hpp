// e^x over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per target.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r) with q of degree 3, whose
// coefficients make the largest relative error over that range as small as it can be
// (Remez), 1.5e-7; ln 2 in two parts so that n ln 2 is subtracted without rounding. Within 3e-7 of
// the exact value (relative) for -87 <= x <= 88; beyond, x is taken for the nearer of them.
//
// Step by step over N vectors: a processor's window is too short to find as much to do at once in
// one chain of dependent steps after the other.
template <int N>
SIMD_INLINE void vector_exps(Simd::V* x) {
  using S = Simd;
  // Adding it leaves an integer in the lower bits.
  const S::V shift = S::set(0x1.8p23F);
  S::V n[N], p[N];
  for (int i = 0; i < N; ++i) x[i] = S::within(x[i], -87.0F, 88.0F);
  for (int i = 0; i < N; ++i) n[i] = S::fma(x[i], S::set(1.44269504F), shift);
  for (int i = 0; i < N; ++i) p[i] = S::sub(n[i], shift);
  for (int i = 0; i < N; ++i) x[i] = S::fma(p[i], S::set(-0.693359375F), x[i]);
  for (int i = 0; i < N; ++i) x[i] = S::fma(p[i], S::set(2.12194440e-4F), x[i]);
  for (int i = 0; i < N; ++i) p[i] = S::fma(x[i], S::set(0.00836918689F), S::set(0.0419177823F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], x[i], S::set(0.166665226F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], x[i], S::set(0.499989927F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], x[i], S::set(1.0F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], x[i], S::set(1.0F));
  for (int i = 0; i < N; ++i) x[i] = S::raise_exponent(p[i], n[i]);
}

SIMD_INLINE Simd::V vector_exp(Simd::V x) {
  vector_exps<1>(&x);
  return x;
}
