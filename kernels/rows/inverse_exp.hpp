// e^-x for SwiGLU, over the vectors of one tier (`Simd`). No include guard: Highway compiles it
// once per target.

template <int N>
SIMD_INLINE void inverse_exps(Simd::V* x) {
  for (int i = 0; i < N; ++i) x[i] = Simd::sub(Simd::zero(), x[i]);
  vector_exps<N>(x);
}
