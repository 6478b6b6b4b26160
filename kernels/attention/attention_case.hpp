// Attention over sampled keys and values, and its reference in float64.
#pragma once

#include <span>
#include <vector>

#include "kernels/attention/attention.hpp"

namespace perfmodel::kernels {

/// Sequences of given lengths with `group` query heads for each of the layout's KV heads. Pages are
/// dealt out in an order that mixes the sequences, as a server's are after a while. Prefill has
/// new_tokens[s] queries for sequence s, decode one each. Queries are FP32, or BF16 for decode.
class AttentionCase final : public Case {
 public:
  AttentionCase(const KvLayout& layout, std::int64_t group, std::vector<std::int64_t> tokens,
                std::vector<std::int64_t> new_tokens, bool prefill, Format queries);

  void run(const Exec& exec) override;
  double error() override;

 private:
  void fill_cache();
  void compute_reference();
  void reference_of(std::size_t sequence, std::int64_t query, std::int64_t head, std::int64_t seen);
  float scale() const;

  KvLayout layout_;
  std::int64_t group_, heads_;
  std::vector<std::int64_t> tokens_, new_tokens_;
  bool prefill_;
  std::int64_t pages_per_sequence_;
  KvCache cache_;
  std::vector<std::int32_t> pages_;
  std::vector<std::int64_t> first_;
  std::vector<float> q_, out_;
  std::vector<std::uint16_t> q_bf16_;  // the same values, where queries are BF16
  std::vector<double> expected_, magnitude_;
};

}  // namespace perfmodel::kernels
