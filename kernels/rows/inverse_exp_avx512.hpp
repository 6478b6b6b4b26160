// e^-x for SwiGLU by what AVX-512 has for powers of two: part of units compiled for it.
//
// 2^t = 2^floor(t) p(t - floor(t)), where p of degree 4 makes the largest relative error over
// [0, 1) as small as it can be (Remez), 2.6e-6; t = -x / ln 2 is rounded, which adds 2.7e-6 at
// most where |t| <= 126. A result in BF16 has room for 1.5e-5. From t = 126 on, 2^126 is taken:
// its reciprocal is still a normal number.
template <int N>
SIMD_INLINE void inverse_exps(Simd::V* x) {
  using S = Simd;
  S::V r[N], p[N];
  for (int i = 0; i < N; ++i) x[i] = S::min(S::mul(x[i], S::set(-1.44269504F)), S::set(126.0F));
  constexpr int kFromFloor = 1;
  for (int i = 0; i < N; ++i) r[i] = _mm512_reduce_ps(x[i], kFromFloor);
  for (int i = 0; i < N; ++i) p[i] = S::fma(r[i], S::set(0.0135341681F), S::set(0.0520114603F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], r[i], S::set(0.241442757F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], r[i], S::set(0.693003834F));
  for (int i = 0; i < N; ++i) p[i] = S::fma(p[i], r[i], S::set(1.00000259F));
  for (int i = 0; i < N; ++i) x[i] = _mm512_scalef_ps(p[i], x[i]);
}
