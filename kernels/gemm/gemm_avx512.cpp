#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/simd/avx512.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::gemm_detail {
namespace {
#include "kernels/gemm/gemm_body.hpp"

/// 32 registers leave some to decode in.
TileFn fused_tile(Format weights) {
  switch (weights) {
    case Format::e4m3:
      return tile<Format::e4m3>;
    case Format::int8:
      return tile<Format::int8>;
    case Format::e2m1:
      return tile<Format::e2m1>;
    case Format::bf16:
      return tile<Format::bf16>;
    case Format::fp16:
      return tile<Format::fp16>;
    default:
      return nullptr;
  }
}
}  // namespace

Functions find_avx512(Format weights, Format activations) {
  Functions f = find(weights, activations);
  f.fused = fused_tile(weights);
  // 16 bits take an instruction to decode, others several.
  f.fused_tiles = bits_of(weights) == 16 ? kAllTiles : 4;
  return f;
}

}  // namespace perfmodel::kernels::gemm_detail
