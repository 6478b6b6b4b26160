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
  const KvLayout& kv = cache.layout_;
  const TaskFn f = find(exec.tier, kv.format);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("attention: no such tier for this cache on this machine");
  const auto sequences = static_cast<std::int64_t>(tokens.size());
  if (heads < 1 || heads % kv.kv_heads != 0 || first_page.size() != tokens.size() ||
      static_cast<std::int64_t>(q.size()) != sequences * heads * kv.key_columns ||
      static_cast<std::int64_t>(out.size()) != sequences * heads * kv.value_columns)
    throw std::invalid_argument("attention: the sizes do not fit");
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    const std::int64_t used = (tokens[s] + kv.page_tokens - 1) / kv.page_tokens;
    if (tokens[s] < 0 || first_page[s] < 0 ||
        first_page[s] + used > static_cast<std::int64_t>(pages.size()))
      throw std::invalid_argument("attention: a sequence is longer than its pages");
    for (std::int64_t i = first_page[s]; i < first_page[s] + used; ++i) {
      const std::int32_t page = pages[static_cast<std::size_t>(i)];
      if (page < 0 || page >= cache.pages_) throw std::invalid_argument("attention: no such page");
    }
  }

  const std::int64_t group = heads / kv.kv_heads;
  const std::int64_t padded = (group + kHeads - 1) / kHeads * kHeads;
  const auto scratch_bytes =
      static_cast<std::size_t>(padded * (kv.key_columns + kv.value_columns)) * sizeof(float);
  for (int t = 0; t < exec.team.size(); ++t) exec.team.scratch(t, scratch_bytes);
  const std::int64_t head_rows = kv.page_tokens;  // of one KV head within a page
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
        Task task{};
        task.q = query;
        task.heads = padded;
        task.key_columns = kv.key_columns;
        task.value_columns = kv.value_columns;
        task.pages = pages.data() + first_page[sequence];
        task.tokens = tokens[sequence];
        task.page_tokens = kv.page_tokens;
        task.key_row_bytes = cache.key_row_bytes_;
        task.value_row_bytes = cache.value_row_bytes_;
        task.scale_page = kv.kv_heads * head_rows;
        task.key_page_bytes = task.scale_page * task.key_row_bytes;
        task.value_page_bytes = task.scale_page * task.value_row_bytes;
        task.keys = cache.keys_.data() + h * head_rows * task.key_row_bytes;
        task.values = kv.values_in_keys
                          ? task.keys
                          : cache.values_.data() + h * head_rows * task.value_row_bytes;
        if (kv.format == Format::e4m3) {
          task.key_scales = cache.key_scales_.data() + h * head_rows;
          task.value_scales =
              kv.values_in_keys ? task.key_scales : cache.value_scales_.data() + h * head_rows;
        }
        task.out = result;
        f(task);
        std::copy_n(result, group * kv.value_columns,
                    out.data() + (s * heads + h * group) * kv.value_columns);
      });
}

}  // namespace perfmodel::kernels
