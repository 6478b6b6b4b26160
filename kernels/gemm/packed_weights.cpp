#include <algorithm>
#include <stdexcept>

#include "kernels/formats/ue8m0_table.hpp"
#include "kernels/gemm/gemm.hpp"

namespace perfmodel::kernels {

namespace {

using gemm_detail::Functions;
using gemm_detail::kPanel;
using gemm_detail::Layout;

Functions of_tier(Tier tier, Format weights, Format activations) {
  switch (tier) {
    case Tier::scalar:
      return gemm_detail::find_scalar(weights, activations);
    case Tier::portable:
      return gemm_detail::find_portable(weights, activations);
#if defined(__x86_64__)
    case Tier::avx2:
      return gemm_detail::find_avx2(weights, activations);
    case Tier::avx512:
      return gemm_detail::find_avx512(weights, activations);
    case Tier::avx512bf16:
      return gemm_detail::find_avx512bf16(weights, activations);
    case Tier::amx:
      return gemm_detail::find_amx(weights, activations);
#endif
    default:
      return {};
  }
}

Functions find(Tier tier, Format weights, Format activations) {
  // Activations are rows of whole bytes.
  if (bits_of(activations) % 8 != 0) return {};
  const Functions f = of_tier(tier, weights, activations);
  return f.activations == nullptr ? Functions{} : f;
}

/// Where the code of (column k, channel n of the panel) goes, in codes.
std::int64_t place_of(Layout layout, int bits, std::int64_t k, std::int64_t n) {
  if (layout == Layout::plain) return k * kPanel + n;
  const std::int64_t pair = k / 2 * 2 * kPanel;
  if (bits == 16) return pair + 2 * n + k % 2;
  if (bits == 4) return k / 4 * 4 * kPanel + (n % 16 * 2 + k % 2) * 4 + k % 4 / 2 * 2 + n / 16;
  return pair + n % 16 / 4 * 16 + n / 16 * 8 + n % 4 * 2 + k % 2;
}

/// The functions for a matrix: weights with NaN codes take the scalar ones.
Functions functions_for(const Quantised& q, Format activations, Tier tier) {
  const Functions f = find(tier, q.spec().format, activations);
  if (f.tile == nullptr) throw std::invalid_argument("gemm: no such tier for these formats");
  return q.has_nan() ? find(Tier::scalar, q.spec().format, activations) : f;
}

/// Whether BF16 has room for these powers of two beside the values of FP8 (2^-16 .. 2^16) and E2M1,
/// far from its ends.
bool fit_bf16(std::span<const std::uint8_t> exponents) {
  return !exponents.empty() && std::all_of(exponents.begin(), exponents.end(), [](std::uint8_t e) {
    return e >= 127 - 64 && e <= 127 + 64;
  });
}

}  // namespace

std::vector<Tier> gemm_tiers(const QuantSpec& weights, Format activations) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    const auto tier = static_cast<Tier>(i);
    if (find(tier, weights.format, activations).tile != nullptr) tiers.push_back(tier);
  }
  return tiers;
}

PackedWeights::PackedWeights(const Quantised& q, Format activations, Tier tier)
    : PackedWeights(q, activations, tier, functions_for(q, activations, tier)) {}

PackedWeights::PackedWeights(const Quantised& q, Format activations, Tier tier,
                             const gemm_detail::Functions& functions)
    : spec_(q.spec()),
      activations_(activations),
      tier_(tier),
      rows_(q.rows()),
      columns_(q.columns()),
      padded_columns_(q.padded_columns()),
      panels_((q.rows() + kPanel - 1) / kPanel),
      functions_(functions),
      folds_(functions.fold != nullptr && fit_bf16(q.exponents())),
      scale_columns_(q.scale_columns()) {
  codes_ = Buffer<std::uint8_t>(static_cast<std::size_t>(panels_ * panel_bytes()));
  const int bits = bits_of(spec_.format);
  for (std::int64_t n = 0; n < rows_; ++n) {
    std::uint8_t* panel = codes_.data() + n / kPanel * panel_bytes();
    for (std::int64_t k = 0; k < columns_; ++k) {
      const std::int64_t at = place_of(functions_.layout, bits, k, n % kPanel);
      const std::uint16_t code = q.code(n, k);
      if (bits == 16) {
        panel[2 * at] = static_cast<std::uint8_t>(code & 0xFF);
        panel[2 * at + 1] = static_cast<std::uint8_t>(code >> 8);
      } else if (bits == 8) {
        panel[at] = static_cast<std::uint8_t>(code);
      } else {
        panel[at / 2] = static_cast<std::uint8_t>(panel[at / 2] | (code << (4 * (at % 2))));
      }
    }
  }
  if (spec_.scheme == ScaleScheme::mx_32) {
    exponents_.assign(static_cast<std::size_t>(panels_ * scale_columns_ * kPanel), 127);
    for (std::int64_t n = 0; n < rows_; ++n) {
      for (std::int64_t s = 0; s < scale_columns_; ++s) {
        const std::int64_t to = (n / kPanel * scale_columns_ + s) * kPanel + n % kPanel;
        exponents_[static_cast<std::size_t>(to)] =
            q.exponents()[static_cast<std::size_t>(n * scale_columns_ + s)];
      }
    }
  } else if (spec_.scale_type == ScaleType::ue8m0) {
    for (const std::uint8_t e : q.exponents()) scales_.push_back(ue8m0_to_float(e));
  } else {
    scales_.assign(q.scales().begin(), q.scales().end());
  }
}

PackedWeights PackedWeights::clone() const {
  PackedWeights w;
  w.spec_ = spec_;
  w.activations_ = activations_;
  w.tier_ = tier_;
  w.rows_ = rows_;
  w.columns_ = columns_;
  w.padded_columns_ = padded_columns_;
  w.panels_ = panels_;
  w.functions_ = functions_;
  w.folds_ = folds_;
  w.codes_ = Buffer<std::uint8_t>(codes_.size());
  std::copy(codes_.begin(), codes_.end(), w.codes_.begin());
  w.scale_columns_ = scale_columns_;
  w.scales_ = scales_;
  w.exponents_ = exponents_;
  return w;
}

std::int64_t PackedWeights::block_columns() const {
  return spec_.columns_per_scale(padded_columns_);
}

void PackedWeights::scales(std::int64_t panel, std::int64_t block, float* out) const {
  if (spec_.scheme == ScaleScheme::none) {
    std::fill_n(out, kPanel, functions_.gain);
    return;
  }
  if (spec_.scheme == ScaleScheme::mx_32) {
    const std::uint8_t* e = exponents_.data() + (panel * scale_columns_ + block) * kPanel;
    const float* values = ue8m0_values();
    for (std::int64_t n = 0; n < kPanel; ++n) out[n] = values[e[n]] * functions_.gain;
    return;
  }
  const std::int64_t per_scale = spec_.rows_per_scale(rows_);
  for (std::int64_t n = 0; n < kPanel; ++n) {
    const std::int64_t row = std::min(panel * kPanel + n, rows_ - 1) / per_scale;
    out[n] = scales_[static_cast<std::size_t>(row * scale_columns_ + block)] * functions_.gain;
  }
}

}  // namespace perfmodel::kernels
