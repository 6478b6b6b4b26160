#include "kernels/gemv/gemv.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "kernels/formats/ue8m0_table.hpp"
#include "kernels/gemv/gemv_rows.hpp"

namespace perfmodel::kernels {

namespace {

using gemv_detail::Functions;
using gemv_detail::Step;

/// Rows that a thread takes at a time: up to 1 MiB of weights, for streams long enough for the
/// prefetchers, but several pieces for each thread.
std::int64_t piece_rows(std::int64_t rows, std::int64_t row_bytes, int threads) {
  constexpr std::int64_t kPieceBytes = 1 << 20, kPiecesPerThread = 4;
  const std::int64_t share = rows / (kPiecesPerThread * threads);
  const std::int64_t most = kPieceBytes / std::max<std::int64_t>(row_bytes, 1);
  return std::max<std::int64_t>(std::min(share, most) / 4 * 4, 4);
}

Step step_of(ScaleScheme s) {
  if (s == ScaleScheme::mx_32) return Step::mx32;
  if (s == ScaleScheme::block_128x128 || s == ScaleScheme::row_1x128) return Step::block128;
  return Step::whole;
}

Functions find(Tier tier, const QuantSpec& w, Format activations) {
  const Step step = step_of(w.scheme);
  switch (tier) {
    case Tier::scalar:
      return gemv_detail::find_scalar(w.format, step, activations);
    case Tier::portable:
      return gemv_detail::find_portable(w.format, step, activations);
#if defined(__x86_64__)
    case Tier::avx2:
      return gemv_detail::find_avx2(w.format, step, activations);
    case Tier::avx512:
      return gemv_detail::find_avx512(w.format, step, activations);
    case Tier::avx512bf16:
      return gemv_detail::find_avx512bf16(w.format, step, activations);
    case Tier::avx512fp16:
      return gemv_detail::find_avx512fp16(w.format, step, activations);
#endif
    default:
      return {};
  }
}

}  // namespace

GemvWeights::GemvWeights(const Quantised& q) : q_(&q), has_nan_(q.has_nan()) {
  const QuantSpec& spec = q.spec();
  if (spec.scheme == ScaleScheme::none) {
    scales_.assign(1, 1.0F);
  } else if (spec.scale_type == ScaleType::fp32) {
    scales_.assign(q.scales().begin(), q.scales().end());
  } else if (spec.scheme != ScaleScheme::mx_32) {
    for (const std::uint8_t e : q.exponents()) scales_.push_back(ue8m0_to_float(e));
  }
}

std::vector<Tier> gemv_tiers(const QuantSpec& weights, Format activations) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    const Functions f = find(static_cast<Tier>(i), weights, activations);
    if (f.rows != nullptr && f.prepare != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void gemv(const GemvWeights& w, Format activations, std::span<const std::uint16_t> x,
          std::span<float> y, const Exec& exec) {
  const Functions f = find(w.has_nan() ? Tier::scalar : exec.tier, w.matrix().spec(), activations);
  if (f.rows == nullptr || f.prepare == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("gemv: no such tier for these formats on this machine");
  gemv(w, x, y, f, exec.team);
}

void gemv(const GemvWeights& w, std::span<const std::uint16_t> x, std::span<float> y,
          const Functions& f, Team& team) {
  const Quantised& q = w.matrix();
  if (static_cast<std::int64_t>(x.size()) != q.columns())
    throw std::invalid_argument("gemv: the vector does not have one element per column");
  if (static_cast<std::int64_t>(y.size()) != q.rows())
    throw std::invalid_argument("gemv: the result does not have one element per row");
  if (q.rows() == 0 || q.columns() == 0) {
    std::fill(y.begin(), y.end(), 0.0F);
    return;
  }

  // The vector, padded like the rows, and its prepared form behind it.
  const auto padded = static_cast<std::size_t>(q.padded_columns());
  std::uint8_t* scratch = team.scratch(0, padded * (sizeof(std::uint16_t) + sizeof(float)));
  float* prepared = reinterpret_cast<float*>(scratch);
  auto* codes = reinterpret_cast<std::uint16_t*>(prepared + padded);
  std::copy(x.begin(), x.end(), codes);
  std::fill(codes + x.size(), codes + padded, std::uint16_t{0});
  f.prepare(codes, q.padded_columns(), prepared);

  gemv_detail::Rows rows{};
  rows.codes = q.codes();
  rows.row_bytes = q.row_bytes();
  rows.columns = q.padded_columns();
  rows.scales = w.scales().data();
  rows.rows_per_scale = std::max<std::int64_t>(q.spec().rows_per_scale(q.rows()), 1);
  rows.scale_stride = q.scale_columns();
  rows.exponents = q.exponents().data();
  rows.powers = ue8m0_values();
  rows.x = prepared;
  rows.y = y.data();
  team.for_pieces(q.rows(), piece_rows(q.rows(), q.row_bytes(), team.size()),
                  [&](std::int64_t begin, std::int64_t end, int) noexcept {
                    gemv_detail::Rows piece = rows;
                    piece.first = begin;
                    piece.last = end;
                    f.rows(piece);
                  });
}

}  // namespace perfmodel::kernels
