#include "kernels/rows/rows.hpp"

#include <algorithm>
#include <stdexcept>

#include "kernels/formats/e4m3_table.hpp"

namespace perfmodel::kernels {

namespace {

using rows_detail::Fn;
using rows_detail::Work;

constexpr std::size_t kBlockColumns = 128;
/// Results larger than this leave the caches before anyone reads them: they are written past the
/// caches, which saves reading the lines first. Half of a last-level cache of 32 MiB.
constexpr std::size_t kPastCachesBytes = 16 << 20;

Fn find(Tier tier, RowOp op) {
  switch (tier) {
    case Tier::scalar:
      return rows_detail::find_scalar(op);
    case Tier::portable:
      return rows_detail::find_portable(op);
#if defined(__x86_64__)
    case Tier::avx2:
      return rows_detail::find_avx2(op);
    case Tier::avx512:
      return rows_detail::find_avx512(op);
    case Tier::avx512bf16:
      return rows_detail::find_avx512bf16(op);
#endif
    default:
      return nullptr;
  }
}

void require(bool fits) {
  if (!fits) throw std::invalid_argument("row-wise kernel: the sizes do not fit");
}

void run(RowOp op, const Work& work, std::size_t elements, const Exec& exec) {
  const Fn f = find(exec.tier, op);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("row-wise kernel: no such tier on this machine");
  // Rotary embedding has no blocks, and takes rows of which half is the 32 values of one step.
  const auto multiple = static_cast<std::int64_t>(op == RowOp::rope ? 64 : kBlockColumns);
  require(work.columns > 0 && work.columns % multiple == 0 &&
          elements % static_cast<std::size_t>(work.columns) == 0);
  const auto rows = static_cast<std::int64_t>(elements) / work.columns;
  const bool fp32 = op == RowOp::softmax;
  const bool codes = op == RowOp::quantise || op == RowOp::rmsnorm_quantise;
  const void* out = codes  ? static_cast<const void*>(work.codes)
                    : fp32 ? static_cast<const void*>(work.out_fp32)
                           : work.out;
  const bool past_caches =
      elements * (fp32 ? sizeof(float) : sizeof(std::uint16_t)) > kPastCachesBytes &&
      reinterpret_cast<std::uintptr_t>(out) % kCacheLine == 0;
  const auto scratch =
      static_cast<std::size_t>(rows_detail::softmax_scratch(work.columns)) * sizeof(float);
  for (int t = 0; fp32 && t < exec.team.size(); ++t) exec.team.scratch(t, scratch);
  // Some 64 K elements at a time, or an even share of what there is. From memory more: a piece
  // begins without results to write and ends without anything to read. Rows go by fours.
  const std::int64_t share = rows / (4 * exec.team.size());
  const std::int64_t most = (past_caches ? 524288 : 65536) / work.columns;
  std::int64_t grain = std::clamp<std::int64_t>(most, 1, std::max<std::int64_t>(share, 1));
  if (grain > 4) grain -= grain % 4;
  exec.team.for_pieces(rows, grain, [&](std::int64_t begin, std::int64_t end, int thread) noexcept {
    Work piece = work;
    piece.past_caches = past_caches;
    if (fp32) piece.scratch = reinterpret_cast<float*>(exec.team.scratch(thread, scratch));
    piece.first = begin;
    piece.last = end;
    f(piece);
  });
}

}  // namespace

std::vector<Tier> row_tiers() {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find(static_cast<Tier>(i), RowOp::rmsnorm) != nullptr)
      tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void rmsnorm(Bf16In in, std::span<const float> weight, float epsilon, Bf16Out out,
             const Exec& exec) {
  require(out.size() == in.size());
  Work w{};
  w.in = in.data();
  w.weight = weight.data();
  w.epsilon = epsilon;
  w.out = out.data();
  w.columns = static_cast<std::int64_t>(weight.size());
  run(RowOp::rmsnorm, w, in.size(), exec);
}

void rmsnorm_quantise(Bf16In in, std::span<const float> weight, float epsilon,
                      std::span<std::uint8_t> codes, std::span<float> scales, const Exec& exec) {
  require(codes.size() == in.size() && scales.size() * kBlockColumns == in.size());
  Work w{};
  w.in = in.data();
  w.weight = weight.data();
  w.epsilon = epsilon;
  w.codes = codes.data();
  w.scales = scales.data();
  w.columns = static_cast<std::int64_t>(weight.size());
  run(RowOp::rmsnorm_quantise, w, in.size(), exec);
}

void softmax(std::span<const float> in, std::int64_t columns, std::span<float> out,
             const Exec& exec) {
  require(out.size() == in.size());
  Work w{};
  w.in_fp32 = in.data();
  w.out_fp32 = out.data();
  w.columns = columns;
  run(RowOp::softmax, w, in.size(), exec);
}

void swiglu(Bf16In gate, Bf16In up, Bf16Out out, const Exec& exec) {
  require(up.size() == gate.size() && out.size() == gate.size());
  Work w{};
  w.in = gate.data();
  w.other = up.data();
  w.out = out.data();
  w.columns = kBlockColumns;
  run(RowOp::swiglu, w, gate.size(), exec);
}

void rope(Bf16In in, std::int64_t columns, std::span<const float> cosines,
          std::span<const float> sines, Bf16Out out, const Exec& exec) {
  require(out.size() == in.size() && 2 * cosines.size() == in.size() &&
          2 * sines.size() == in.size());
  Work w{};
  w.in = in.data();
  w.weight = cosines.data();
  w.sines = sines.data();
  w.out = out.data();
  w.columns = columns;
  run(RowOp::rope, w, in.size(), exec);
}

void quantise_rows(Bf16In in, std::span<std::uint8_t> codes, std::span<float> scales,
                   const Exec& exec) {
  require(codes.size() == in.size() && scales.size() * kBlockColumns == in.size());
  Work w{};
  w.in = in.data();
  w.codes = codes.data();
  w.scales = scales.data();
  w.e4m3_of_bf16 = e4m3_of_bf16();
  w.columns = kBlockColumns;
  run(RowOp::quantise, w, in.size(), exec);
}

void dequantise_rows(std::span<const std::uint8_t> codes, std::span<const float> scales,
                     Bf16Out out, const Exec& exec) {
  require(codes.size() == out.size() && scales.size() * kBlockColumns == out.size());
  Work w{};
  // One struct serves both directions; this one only reads them.
  w.codes = const_cast<std::uint8_t*>(codes.data());
  w.scales = const_cast<float*>(scales.data());
  w.out = out.data();
  w.columns = kBlockColumns;
  run(RowOp::dequantise, w, out.size(), exec);
}

}  // namespace perfmodel::kernels
