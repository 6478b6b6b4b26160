#include "kernels/attention/attention_case.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

std::int64_t pages_for(const KvLayout& layout, const std::vector<std::int64_t>& tokens) {
  const std::int64_t most = *std::max_element(tokens.begin(), tokens.end());
  return (most + layout.page_tokens - 1) / layout.page_tokens;
}

}  // namespace

AttentionCase::AttentionCase(const KvLayout& layout, std::int64_t group,
                             std::vector<std::int64_t> tokens, std::vector<std::int64_t> new_tokens,
                             bool prefill, Format queries,
                             const attention_detail::PairTier* functions)
    : layout_(layout),
      group_(group),
      heads_(layout.kv_heads * group),
      tokens_(std::move(tokens)),
      new_tokens_(std::move(new_tokens)),
      prefill_(prefill),
      functions_(functions),
      pages_per_sequence_(pages_for(layout, tokens_)),
      cache_(layout, pages_per_sequence_ * static_cast<std::int64_t>(tokens_.size())) {
  const auto sequences = static_cast<std::int64_t>(tokens_.size());
  for (std::int64_t i = 0; i < sequences; ++i) first_.push_back(i * pages_per_sequence_);
  for (std::int64_t i = 0; i < cache_.pages(); ++i)
    pages_.push_back(
        static_cast<std::int32_t>(i % pages_per_sequence_ * sequences + i / pages_per_sequence_));
  fill_cache();
  const std::int64_t rows =
      std::accumulate(new_tokens_.begin(), new_tokens_.end(), std::int64_t{0});
  q_ = sample_values(static_cast<std::size_t>(rows * heads_ * layout.key_columns), 5);
  if (queries == Format::bf16) {
    for (float& value : q_) {
      q_bf16_.push_back(float_to_bf16(value));
      value = bf16_to_float(q_bf16_.back());
    }
  }
  out_.resize(static_cast<std::size_t>(rows * heads_ * layout.value_columns));
}

void AttentionCase::fill_cache() {
  const auto key_columns = static_cast<std::size_t>(layout_.key_columns);
  const auto rows = sample_values(64 * key_columns, 3);
  std::uint64_t pick = 0;
  for (std::int64_t page = 0; page < cache_.pages(); ++page) {
    for (std::int64_t slot = 0; slot < layout_.page_tokens; ++slot) {
      for (std::int64_t h = 0; h < layout_.kv_heads; ++h, pick += 37) {
        const auto row = [&](std::uint64_t r, std::int64_t n) {
          return std::span(rows).subspan(r % 64 * key_columns, static_cast<std::size_t>(n));
        };
        cache_.store(page, slot, h, row(pick, layout_.key_columns),
                     row(pick / 64 + pick + 11, layout_.value_columns));
      }
    }
  }
}

float AttentionCase::scale() const {
  return 1.0F / std::sqrt(static_cast<float>(layout_.key_columns));
}

void AttentionCase::run(const Exec& exec) {
  if (prefill_) {
    attention_prefill(cache_, q_, heads_, pages_, first_, tokens_, new_tokens_, scale(), out_,
                      exec);
  } else if (functions_ != nullptr) {
    attention_decode(cache_, q_bf16_, heads_, pages_, first_, tokens_, scale(), out_, *functions_,
                     exec.team);
  } else if (!q_bf16_.empty()) {
    attention_decode(cache_, q_bf16_, heads_, pages_, first_, tokens_, scale(), out_, exec);
  } else {
    attention_decode(cache_, q_, heads_, pages_, first_, tokens_, scale(), out_, exec);
  }
}

double AttentionCase::error() {
  if (expected_.empty()) compute_reference();
  return largest_error(out_, expected_, magnitude_);
}

void AttentionCase::compute_reference() {
  std::int64_t query = 0;
  for (std::size_t s = 0; s < tokens_.size(); ++s) {
    for (std::int64_t i = 0; i < new_tokens_[s]; ++i, ++query) {
      for (std::int64_t h = 0; h < heads_; ++h)
        reference_of(s, query, h, tokens_[s] - new_tokens_[s] + i + 1);
    }
  }
}

void AttentionCase::reference_of(std::size_t sequence, std::int64_t query, std::int64_t head,
                                 std::int64_t seen) {
  const std::int64_t kv_head = head / group_;
  const float* q = q_.data() + (query * heads_ + head) * layout_.key_columns;
  const auto page = [&](std::int64_t t) {
    return pages_[static_cast<std::size_t>(first_[sequence] + t / layout_.page_tokens)];
  };
  std::vector<double> weight(static_cast<std::size_t>(std::max<std::int64_t>(seen, 0)));
  double largest = -1e300, total = 0.0;
  for (std::int64_t t = 0; t < seen; ++t) {
    double sum = 0.0;
    for (std::int64_t c = 0; c < layout_.key_columns; ++c)
      sum += cache_.key(page(t), t % layout_.page_tokens, kv_head, c) * static_cast<double>(q[c]);
    weight[static_cast<std::size_t>(t)] = sum * static_cast<double>(scale());
    largest = std::fmax(largest, weight[static_cast<std::size_t>(t)]);
  }
  for (double& w : weight) total += w = std::exp(w - largest);
  for (std::int64_t c = 0; c < layout_.value_columns; ++c) {
    double sum = 0.0, magnitude = 0.0;
    for (std::int64_t t = 0; t < seen; ++t) {
      const double term = weight[static_cast<std::size_t>(t)] / total *
                          cache_.value(page(t), t % layout_.page_tokens, kv_head, c);
      sum += term;
      magnitude += std::fabs(term);
    }
    expected_.push_back(sum);
    magnitude_.push_back(magnitude);
  }
}

}  // namespace perfmodel::kernels
