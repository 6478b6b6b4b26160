// Attention over sampled keys and values, and its reference in float64.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/attention/attention.hpp"

namespace perfmodel::kernels {

/// Sequences of given lengths with `group` query heads for each of the layout's KV heads. Pages are
/// dealt out in an order that mixes the sequences, as a server's are after a while. Prefill has
/// new_tokens[s] queries for sequence s, decode one each. Queries are FP32, or BF16 for decode.
/// `functions`, which must outlive the case, stand for those of the tier that it runs on.
class AttentionCase final : public Case {
 public:
  AttentionCase(const KvLayout& layout, std::int64_t group, std::vector<std::int64_t> tokens,
                std::vector<std::int64_t> new_tokens, bool prefill, Format queries,
                const attention_detail::PairTier* functions = nullptr);

  void run(const Exec& exec) override;
  double error() override;
  std::span<const float> results() const { return out_; }

 private:
  void fill_cache();
  void compute_reference();
  void reference_of(std::size_t sequence, std::int64_t query, std::int64_t head, std::int64_t seen);
  float scale() const;

  KvLayout layout_;
  std::int64_t group_, heads_;
  std::vector<std::int64_t> tokens_, new_tokens_;
  bool prefill_;
  const attention_detail::PairTier* functions_;
  std::int64_t pages_per_sequence_;
  KvCache cache_;
  std::vector<std::int32_t> pages_;
  std::vector<std::int64_t> first_;
  std::vector<float> q_, out_;
  std::vector<std::uint16_t> q_bf16_;  // the same values, where queries are BF16
  std::vector<double> expected_, magnitude_;
};

/// Layouts of the descriptors: "gqa" or "mla".
KvLayout described_layout(const std::string& kind, Format cache);

/// The case of the descriptor of decode attention. Functions only for BF16 queries.
std::unique_ptr<AttentionCase> make_decode_case(
    const KvLayout& layout, Format queries, const Shape& shape,
    const attention_detail::PairTier* functions = nullptr);

}  // namespace perfmodel::kernels
