// Plain C++, summing each block in FP64: slow, and right for every code, NaN included.
#include "kernels/gemm/gemm_tile.hpp"

namespace perfmodel::kernels::gemm_detail {

namespace {

constexpr std::int64_t kTileRows = 4;

void tile(const Tile& t) noexcept {
  for (std::int64_t r = 0; r < t.rows; ++r) {
    for (std::int64_t n = 0; n < kPanel; ++n) {
      const auto* a = static_cast<const float*>(t.a) + r;
      const auto* b = static_cast<const float*>(t.b) + n;
      float& c = t.c[r * t.c_stride + n];
      double sum = t.first ? 0.0 : static_cast<double>(c);
      for (std::int64_t i = 0; i < t.blocks; ++i) {
        double block = 0.0;
        for (std::int64_t k = 0; k < t.block_columns; ++k, a += kTileRows, b += kPanel)
          block += static_cast<double>(*a) * static_cast<double>(*b);
        const float row_scale = t.row_scales == nullptr ? 1.0F : t.row_scales[i * kTileRows + r];
        sum +=
            block * static_cast<double>(t.scales[i * kPanel + n]) * static_cast<double>(row_scale);
      }
      c = static_cast<float>(sum);
    }
  }
}

template <Format F>
void widen(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  auto* f = static_cast<float*>(out);
  for (std::int64_t i = 0; i < count; ++i) {
    if constexpr (bits_of(F) == 16) {
      f[i] = decode(F, static_cast<std::uint16_t>(codes[2 * i] | (codes[2 * i + 1] << 8)));
    } else if constexpr (bits_of(F) == 4) {
      f[i] = decode(F, static_cast<std::uint16_t>((codes[i / 2] >> (4 * (i % 2))) & 0xF));
    } else {
      f[i] = decode(F, codes[i]);
    }
  }
}

WidenFn widen_of(Format f) {
  switch (f) {
    case Format::e4m3:
      return widen<Format::e4m3>;
    case Format::e5m2:
      return widen<Format::e5m2>;
    case Format::int8:
      return widen<Format::int8>;
    case Format::e2m1:
      return widen<Format::e2m1>;
    case Format::bf16:
      return widen<Format::bf16>;
    case Format::fp16:
      return widen<Format::fp16>;
    case Format::fp32:
      break;
  }
  return nullptr;
}

}  // namespace

Functions find_scalar(Format weights, Format activations) {
  Functions f{};
  f.tile = tile;
  f.weights = widen_of(weights);
  f.activations = widen_of(activations);
  f.tile_rows = kTileRows;
  f.gain = 1.0F;
  return f;
}

}  // namespace perfmodel::kernels::gemm_detail
