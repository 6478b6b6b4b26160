#include <algorithm>
#include <stdexcept>

#include "kernels/attention/attention.hpp"
#include "kernels/attention/decode_task.hpp"

namespace perfmodel::kernels {

namespace {

using attention_detail::kHeads;
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

}  // namespace

std::vector<Tier> attention_decode_tiers(Format cache) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find(static_cast<Tier>(i), cache) != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

void attention_decode(const KvCache& cache, std::span<const float> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const Exec& exec) {
  const KvLayout& kv = cache.layout();
  const TaskFn f = find(exec.tier, kv.format);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("attention: no such tier for this cache on this machine");
  const auto sequences = static_cast<std::int64_t>(tokens.size());
  if (heads < 1 || heads % kv.kv_heads != 0 ||
      static_cast<std::int64_t>(q.size()) != sequences * heads * kv.key_columns ||
      static_cast<std::int64_t>(out.size()) != sequences * heads * kv.value_columns)
    throw std::invalid_argument("attention: the sizes do not fit");
  cache.check(pages, first_page, tokens);

  const std::int64_t group = heads / kv.kv_heads;
  const std::int64_t padded = (group + kHeads - 1) / kHeads * kHeads;
  const auto scratch_bytes =
      static_cast<std::size_t>(padded * (kv.key_columns + kv.value_columns)) * sizeof(float);
  for (int t = 0; t < exec.team.size(); ++t) exec.team.scratch(t, scratch_bytes);
  exec.team.for_pieces(
      sequences * kv.kv_heads, 1, [&](std::int64_t i, std::int64_t, int thread) noexcept {
        const std::int64_t s = i / kv.kv_heads, h = i % kv.kv_heads;
        const auto sequence = static_cast<std::size_t>(s);
        // The scaled queries, with heads of zeros for a full group, and the results behind them.
        auto* query = reinterpret_cast<float*>(exec.team.scratch(thread, scratch_bytes));
        float* result = query + padded * kv.key_columns;
        const float* from = q.data() + (s * heads + h * group) * kv.key_columns;
        for (std::int64_t c = 0; c < padded * kv.key_columns; ++c)
          query[c] = c < group * kv.key_columns ? from[c] * scale : 0.0F;
        Task task{cache.rows(h, pages.data() + first_page[sequence]), query, padded,
                  tokens[sequence], result};
        f(task);
        std::copy_n(result, group * kv.value_columns,
                    out.data() + (s * heads + h * group) * kv.value_columns);
      });
}

}  // namespace perfmodel::kernels
