#include <algorithm>
#include <stdexcept>

#include "kernels/attention/attention.hpp"
#include "kernels/attention/prefill_task.hpp"

namespace perfmodel::kernels {

namespace {

using attention_detail::kPrefillPad;
using attention_detail::kPrefillRows;
using attention_detail::kPrefillTokens;
using attention_detail::kPrefillWideColumns;
using attention_detail::PrefillFn;
using attention_detail::PrefillTask;

PrefillFn find(Tier tier, Format cache) {
  switch (tier) {
    case Tier::scalar:
      return attention_detail::find_prefill_scalar(cache);
    case Tier::portable:
      return attention_detail::find_prefill_portable(cache);
#if defined(__x86_64__)
    case Tier::avx2:
      return attention_detail::find_prefill_avx2(cache);
    case Tier::avx512:
      return attention_detail::find_prefill_avx512(cache);
#endif
    default:
      return nullptr;
  }
}

/// What one thread takes at a time: rows of one sequence and KV head.
struct Piece {
  std::int64_t sequence, kv_head, first_row, rows;
  std::int64_t first_query;  // of the sequence, within q
};

/// Those with the most tokens to see come first, so that no thread is left with a long one alone.
std::vector<Piece> pieces_of(std::span<const std::int64_t> tokens,
                             std::span<const std::int64_t> new_tokens, std::int64_t kv_heads,
                             std::int64_t group, std::int64_t most_rows) {
  std::vector<Piece> pieces;
  std::vector<std::int64_t> seen;
  std::int64_t query = 0;
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    const std::int64_t rows = new_tokens[s] * group;
    for (std::int64_t h = 0; h < kv_heads; ++h) {
      for (std::int64_t r = 0; r < rows; r += most_rows)
        pieces.push_back(
            {static_cast<std::int64_t>(s), h, r, std::min(most_rows, rows - r), query});
    }
    query += new_tokens[s];
  }
  const auto last_position = [&](const Piece& p) {
    const auto s = static_cast<std::size_t>(p.sequence);
    return tokens[s] - new_tokens[s] + (p.first_row + p.rows - 1) / group;
  };
  std::stable_sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
    return last_position(a) > last_position(b);
  });
  return pieces;
}

}  // namespace

std::vector<Tier> attention_prefill_tiers(Format cache) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find(static_cast<Tier>(i), cache) != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void attention_prefill(const KvCache& cache, std::span<const float> q, std::int64_t heads,
                       std::span<const std::int32_t> pages,
                       std::span<const std::int64_t> first_page,
                       std::span<const std::int64_t> tokens,
                       std::span<const std::int64_t> new_tokens, float scale, std::span<float> out,
                       const Exec& exec) {
  const KvLayout& kv = cache.layout();
  const PrefillFn f = find(exec.tier, kv.format);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("attention: no such tier for this cache on this machine");
  std::int64_t queries = 0;
  for (const std::int64_t n : new_tokens) queries += n;
  if (heads < 1 || heads % kv.kv_heads != 0 || new_tokens.size() != tokens.size() ||
      static_cast<std::int64_t>(q.size()) != queries * heads * kv.key_columns ||
      static_cast<std::int64_t>(out.size()) != queries * heads * kv.value_columns)
    throw std::invalid_argument("attention: the sizes do not fit");
  cache.check(pages, first_page, tokens);
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    if (new_tokens[s] < 0 || new_tokens[s] > tokens[s])
      throw std::invalid_argument("attention: more new tokens than tokens");
  }

  const std::int64_t group = heads / kv.kv_heads;
  const std::int64_t row_stride =
      kv.key_columns > kPrefillWideColumns ? kPrefillRows / 2 : kPrefillRows;
  const std::int64_t key_stride = kv.key_columns + kPrefillPad;
  const std::int64_t value_stride = kv.value_columns + kPrefillPad;
  const std::int64_t query_floats = kv.key_columns * row_stride;
  const std::int64_t key_floats = kPrefillTokens * key_stride;
  const std::int64_t value_floats = kv.values_in_keys ? 0 : kPrefillTokens * value_stride;
  const std::int64_t weight_floats = kPrefillTokens * row_stride;
  const auto scratch_bytes =
      sizeof(float) * static_cast<std::size_t>(query_floats + key_floats + value_floats +
                                               weight_floats + row_stride * kv.value_columns);
  for (int t = 0; t < exec.team.size(); ++t) exec.team.scratch(t, scratch_bytes);
  const auto pieces = pieces_of(tokens, new_tokens, kv.kv_heads, group, row_stride);
  exec.team.for_pieces(
      static_cast<std::int64_t>(pieces.size()), 1,
      [&](std::int64_t i, std::int64_t, int thread) noexcept {
        const Piece& piece = pieces[static_cast<std::size_t>(i)];
        const auto s = static_cast<std::size_t>(piece.sequence);
        auto* query = reinterpret_cast<float*>(exec.team.scratch(thread, scratch_bytes));
        // Row r of the piece within q and out, in heads.
        const auto place = [&](std::int64_t r) {
          const std::int64_t row = piece.first_row + r;
          return (piece.first_query + row / group) * heads + piece.kv_head * group + row % group;
        };
        // Sixteen rows at a time, so that each cache line of the transposed queries is written
        // once.
        constexpr std::int64_t kLine = 16;
        for (std::int64_t r0 = 0; r0 < row_stride; r0 += kLine) {
          const float* from[kLine];
          for (std::int64_t r = 0; r < kLine; ++r)
            from[r] = q.data() + place(std::min(r0 + r, piece.rows - 1)) * kv.key_columns;
          for (std::int64_t c = 0; c < kv.key_columns; ++c) {
            float* to = query + c * row_stride + r0;
            for (std::int64_t r = 0; r < kLine; ++r) to[r] = from[r][c] * scale;
          }
        }
        PrefillTask task{};
        static_cast<attention_detail::KvRows&>(task) =
            cache.rows(piece.kv_head, pages.data() + first_page[s]);
        task.rows = piece.rows;
        task.first_row = piece.first_row;
        task.group = group;
        task.first_position = tokens[s] - new_tokens[s];
        task.row_stride = row_stride;
        task.queries = query;
        task.key_rows = query + query_floats;
        task.value_rows = kv.values_in_keys ? task.key_rows : task.key_rows + key_floats;
        task.value_stride = kv.values_in_keys ? key_stride : value_stride;
        task.weights = task.key_rows + key_floats + value_floats;
        task.out = task.weights + weight_floats;
        f(task);
        for (std::int64_t r = 0; r < piece.rows; ++r)
          std::copy_n(task.out + r * kv.value_columns, kv.value_columns,
                      out.data() + place(r) * kv.value_columns);
      });
}

}  // namespace perfmodel::kernels
