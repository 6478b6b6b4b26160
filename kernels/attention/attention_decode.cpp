#include <algorithm>
#include <stdexcept>

#include "kernels/attention/attention.hpp"
#include "kernels/attention/decode_task.hpp"

namespace perfmodel::kernels {

namespace {

using attention_detail::kHeads;
using attention_detail::PairTask;
using attention_detail::PairTier;
using attention_detail::Task;
using attention_detail::TaskFn;

TaskFn find(Tier tier, Format cache) {
  switch (tier) {
    case Tier::scalar:
      return attention_detail::find_scalar(cache);
    case Tier::portable:
      return attention_detail::find_portable(cache);
#if defined(__x86_64__)
    case Tier::avx2:
      return attention_detail::find_avx2(cache);
    case Tier::avx512:
      return attention_detail::find_avx512(cache);
#endif
    default:
      return nullptr;
  }
}

PairTier find_pairs(Tier tier, Format cache) {
#if defined(__x86_64__)
  if (tier == Tier::avx512bf16) return attention_detail::find_avx512bf16(cache);
  if (tier == Tier::amx) return attention_detail::find_amx(cache);
#endif
  return {};
}

/// Throws where the sizes of a call do not fit its cache, or there is no tier for it.
void check(const KvCache& cache, std::size_t queries, std::int64_t heads,
           std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
           std::span<const std::int64_t> tokens, std::size_t results, bool has_tier) {
  if (!has_tier)
    throw std::invalid_argument("attention: no such tier for this cache on this machine");
  const KvLayout& kv = cache.layout();
  const auto rows = static_cast<std::int64_t>(tokens.size()) * heads;
  if (heads < 1 || heads % kv.kv_heads != 0 ||
      static_cast<std::int64_t>(queries) != rows * kv.key_columns ||
      static_cast<std::int64_t>(results) != rows * kv.value_columns)
    throw std::invalid_argument("attention: the sizes do not fit");
  cache.check(pages, first_page, tokens);
}

/// KV heads that a thread takes together, as they lie in a page one after the other: all of them,
/// unless there are too few sequences for several pieces per thread.
std::int64_t heads_of_piece(std::int64_t kv_heads, std::size_t sequences, int threads) {
  constexpr std::int64_t kPiecesPerThread = 4;
  const auto many = static_cast<std::int64_t>(sequences);
  const std::int64_t pieces = threads == 1 ? 1 : kPiecesPerThread * threads;
  const std::int64_t parts = many == 0 ? 1 : std::min((pieces + many - 1) / many, kv_heads);
  return (kv_heads + parts - 1) / parts;
}

/// Some KV heads of a sequence.
struct Piece {
  attention_detail::KvRows rows;  // of the first
  std::int64_t kv_heads;
  std::int64_t tokens;
  std::int64_t first_row;  // of queries and results, in heads
};

/// work(piece, scratch memory of the thread) for all pieces of `kv_heads` KV heads.
template <class Work>
void for_pieces(const KvCache& cache, std::int64_t heads, std::span<const std::int32_t> pages,
                std::span<const std::int64_t> first_page, std::span<const std::int64_t> tokens,
                std::span<float> out, Team& team, std::size_t scratch_bytes, std::int64_t kv_heads,
                const Work& work) {
  const KvLayout& kv = cache.layout();
  const std::int64_t parts = (kv.kv_heads + kv_heads - 1) / kv_heads;
  for (int t = 0; t < team.size(); ++t) team.scratch(t, scratch_bytes);
  team.for_pieces(static_cast<std::int64_t>(tokens.size()) * parts, 1,
                  [&](std::int64_t i, std::int64_t, int thread) noexcept {
                    const auto sequence = static_cast<std::size_t>(i / parts);
                    const std::int64_t head = i % parts * kv_heads, group = heads / kv.kv_heads;
                    const Piece p{cache.rows(head, pages.data() + first_page[sequence]),
                                  std::min(kv_heads, kv.kv_heads - head), tokens[sequence],
                                  i / parts * heads + head * group};
                    if (p.tokens > 0) {
                      work(p, team.scratch(thread, scratch_bytes));
                    } else {
                      std::fill_n(out.data() + p.first_row * kv.value_columns,
                                  p.kv_heads * group * kv.value_columns, 0.0F);
                    }
                  });
}

}  // namespace

std::vector<Tier> attention_decode_tiers(Format cache) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find(static_cast<Tier>(i), cache) != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

std::vector<Tier> attention_decode_bf16_tiers(Format cache) {
  std::vector<Tier> tiers = attention_decode_tiers(cache);
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find_pairs(static_cast<Tier>(i), cache).task != nullptr)
      tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void attention_decode(const KvCache& cache, std::span<const float> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const Exec& exec) {
  const KvLayout& kv = cache.layout();
  const TaskFn f = find(exec.tier, kv.format);
  check(cache, q.size(), heads, pages, first_page, tokens, out.size(),
        f != nullptr && can_run(exec.tier));
  const std::int64_t group = heads / kv.kv_heads;
  const std::int64_t padded = (group + kHeads - 1) / kHeads * kHeads;
  const std::int64_t kv_heads = heads_of_piece(kv.kv_heads, tokens.size(), exec.team.size());
  // The scaled queries, with heads of zeros for full groups, results, and what is known of tokens.
  const std::int64_t query_floats = kv_heads * padded * kv.key_columns;
  const std::int64_t result_floats = kv_heads * padded * kv.value_columns;
  const std::int64_t state_floats = kv_heads * padded / kHeads * attention_detail::kStateFloats;
  for_pieces(cache, heads, pages, first_page, tokens, out, exec.team,
             sizeof(float) * static_cast<std::size_t>(query_floats + result_floats + state_floats),
             kv_heads, [&](const Piece& p, std::uint8_t* scratch) noexcept {
               auto* query = reinterpret_cast<float*>(scratch);
               for (std::int64_t h = 0; h < p.kv_heads; ++h) {
                 const float* from = q.data() + (p.first_row + h * group) * kv.key_columns;
                 float* to = query + h * padded * kv.key_columns;
                 for (std::int64_t c = 0; c < padded * kv.key_columns; ++c)
                   to[c] = c < group * kv.key_columns ? from[c] * scale : 0.0F;
               }
               float* result = query + query_floats;
               f({p.rows, query, p.kv_heads, padded, p.tokens, result + result_floats, result});
               for (std::int64_t h = 0; h < p.kv_heads; ++h)
                 std::copy_n(result + h * padded * kv.value_columns, group * kv.value_columns,
                             out.data() + (p.first_row + h * group) * kv.value_columns);
             });
}

void attention_decode(const KvCache& cache, std::span<const std::uint16_t> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const Exec& exec) {
  const KvLayout& kv = cache.layout();
  const PairTier tier = find_pairs(exec.tier, kv.format);
  const bool fits = attention_detail::pairs_fit(kv.format, kv.key_columns, kv.value_columns);
  if (tier.task != nullptr && fits) {
    if (!can_run(exec.tier))
      throw std::invalid_argument("attention: this machine cannot run the tier");
    attention_decode(cache, q, heads, pages, first_page, tokens, scale, out, tier, exec.team);
    return;
  }
  std::vector<float> wide(q.size());
  std::transform(q.begin(), q.end(), wide.begin(), bf16_to_float);
  attention_decode(cache, wide, heads, pages, first_page, tokens, scale, out,
                   {tier.task == nullptr ? exec.tier : Tier::avx512, exec.team});
}

void attention_decode(const KvCache& cache, std::span<const std::uint16_t> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const PairTier& tier, Team& team) {
  const KvLayout& kv = cache.layout();
  check(cache, q.size(), heads, pages, first_page, tokens, out.size(),
        tier.task != nullptr &&
            attention_detail::pairs_fit(kv.format, kv.key_columns, kv.value_columns));
  const std::int64_t group = heads / kv.kv_heads;
  const std::int64_t kv_heads = heads_of_piece(kv.kv_heads, tokens.size(), team.size());
  for_pieces(cache, heads, pages, first_page, tokens, out, team,
             static_cast<std::size_t>(attention_detail::pair_scratch_bytes(
                 tier, kv_heads, group, kv.key_columns, kv.value_columns)),
             kv_heads, [&](const Piece& p, std::uint8_t* scratch) noexcept {
               tier.task({p.rows, q.data() + p.first_row * kv.key_columns, p.kv_heads, group,
                          p.tokens, scale, scratch, out.data() + p.first_row * kv.value_columns});
             });
}

}  // namespace perfmodel::kernels
