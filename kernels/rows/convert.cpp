#include "kernels/rows/convert.hpp"

#include <algorithm>
#include <stdexcept>

#include "kernels/formats/buffer.hpp"

namespace perfmodel::kernels {

namespace {

using convert_detail::Fn;
using convert_detail::Work;

Fn find(Tier tier, ConvertOp op) {
  switch (tier) {
    case Tier::scalar:
      return convert_detail::find_convert_scalar(op);
    case Tier::portable:
      return convert_detail::find_convert_portable(op);
#if defined(__x86_64__)
    case Tier::avx2:
      return convert_detail::find_convert_avx2(op);
    case Tier::avx512:
      return convert_detail::find_convert_avx512(op);
#endif
    default:
      return nullptr;
  }
}

/// Results of this size leave the caches before anyone reads them, as those of rows.cpp.
constexpr std::int64_t kPastCachesBytes = 16 << 20;

/// Whether each 32 values of rows in these places, `size` bytes each, begin on a cache line.
bool on_lines(const void* p, const RowPlaces& places, std::int64_t size) {
  const auto line = static_cast<std::int64_t>(kCacheLine);
  return reinterpret_cast<std::uintptr_t>(p) % kCacheLine == 0 &&
         places.outer_stride * size % line == 0 && places.inner_stride * size % line == 0;
}

bool fits(const RowPlaces& p, std::int64_t rows, std::int64_t columns, std::size_t size) {
  if (p.inner < 1 || p.outer_stride < 0 || p.inner_stride < 0) return false;
  const std::int64_t last =
      (rows - 1) / p.inner * p.outer_stride + std::min(rows - 1, p.inner - 1) * p.inner_stride;
  return last + columns <= static_cast<std::int64_t>(size);
}

void run(ConvertOp op, Work work, std::int64_t rows, std::size_t in_size, std::size_t out_size,
         const Exec& exec) {
  const Fn f = find(exec.tier, op);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("conversion: no such tier on this machine");
  if (rows == 0) return;
  if (rows < 0 || work.columns < 1 || work.columns % 32 != 0 ||
      !fits(work.from, rows, work.columns, in_size) || !fits(work.to, rows, work.columns, out_size))
    throw std::invalid_argument("conversion: the sizes do not fit");
  const std::int64_t size = op == ConvertOp::widen ? sizeof(float) : sizeof(std::uint16_t);
  work.past_caches =
      rows * work.columns * size >= kPastCachesBytes && on_lines(work.out, work.to, size);
  // Some 16 K elements at a time: less is not worth the other threads' attention;
  // from memory more, as a piece ends with nothing to ask for.
  const std::int64_t grain =
      std::max<std::int64_t>((work.past_caches ? 262144 : 16384) / work.columns, 1);
  exec.team.for_pieces(rows, grain, [&](std::int64_t begin, std::int64_t end, int) noexcept {
    Work piece = work;
    piece.first = begin;
    piece.last = end;
    f(piece);
  });
}

}  // namespace

std::vector<Tier> convert_tiers() {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find(static_cast<Tier>(i), ConvertOp::narrow) != nullptr)
      tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void narrow(std::span<const float> in, const RowPlaces& from, std::int64_t rows,
            std::int64_t columns, std::span<std::uint16_t> out, const RowPlaces& to,
            const Exec& exec) {
  run(ConvertOp::narrow, {in.data(), out.data(), from, to, columns, 0, 0, false}, rows, in.size(),
      out.size(), exec);
}

void widen(std::span<const std::uint16_t> in, const RowPlaces& from, std::int64_t rows,
           std::int64_t columns, std::span<float> out, const RowPlaces& to, const Exec& exec) {
  run(ConvertOp::widen, {in.data(), out.data(), from, to, columns, 0, 0, false}, rows, in.size(),
      out.size(), exec);
}

void add_rows(std::span<const float> in, const RowPlaces& from, std::int64_t rows,
              std::int64_t columns, std::span<std::uint16_t> sum, const RowPlaces& to,
              const Exec& exec) {
  run(ConvertOp::add, {in.data(), sum.data(), from, to, columns, 0, 0, false}, rows, in.size(),
      sum.size(), exec);
}

}  // namespace perfmodel::kernels
