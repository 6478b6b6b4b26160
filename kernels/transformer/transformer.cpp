#include "kernels/transformer/transformer.hpp"

#include <algorithm>
#include <stdexcept>

namespace perfmodel::kernels {

namespace {

std::int64_t pages_for(std::int64_t tokens, std::int64_t page_tokens) {
  return (tokens + page_tokens - 1) / page_tokens;
}

void require(bool holds, const char* problem) {
  if (!holds) throw std::invalid_argument(problem);
}

}  // namespace

Transformer::Transformer(std::shared_ptr<const TransformerWeights> weights, Format cache,
                         std::int64_t pages)
    : weights_(std::move(weights)), layout_(kv_layout(weights_->config(), cache)) {
  for (std::int64_t l = 0; l < config().layers; ++l) caches_.emplace_back(layout_, pages);
  for (std::int64_t p = pages; p > 0; --p) free_pages_.push_back(static_cast<std::int32_t>(p - 1));
}

std::int64_t Transformer::add_sequence() {
  sequences_.emplace_back();
  return static_cast<std::int64_t>(sequences_.size()) - 1;
}

const Transformer::Sequence& Transformer::at(std::int64_t sequence) const {
  require(sequence >= 0 && sequence < static_cast<std::int64_t>(sequences_.size()),
          "transformer: no such sequence");
  return sequences_[static_cast<std::size_t>(sequence)];
}

std::int64_t Transformer::length(std::int64_t sequence) const {
  return at(sequence).length;
}

std::span<const std::int32_t> Transformer::experts(std::int64_t sequence) const {
  return at(sequence).experts;
}

void Transformer::truncate(std::int64_t sequence, std::int64_t length) {
  require(length >= 0 && length <= at(sequence).length,
          "transformer: a sequence can only become shorter");
  Sequence& s = sequences_[static_cast<std::size_t>(sequence)];
  const auto kept = static_cast<std::size_t>(pages_for(length, layout_.page_tokens));
  for (; s.pages.size() > kept; s.pages.pop_back()) free_pages_.push_back(s.pages.back());
  if (!s.experts.empty())
    s.experts.resize(s.experts.size() / static_cast<std::size_t>(s.length) *
                     static_cast<std::size_t>(length));
  s.length = length;
}

void Transformer::check(std::span<const Chunk> chunks) const {
  require(!chunks.empty(), "transformer: a step needs a chunk");
  std::size_t pages = 0;
  std::vector<bool> named(sequences_.size());
  for (const Chunk& c : chunks) {
    const Sequence& s = at(c.sequence);
    const auto i = static_cast<std::size_t>(c.sequence);
    require(!named[i], "transformer: a sequence is in a step twice");
    named[i] = true;
    require(!c.tokens.empty(), "transformer: a chunk without tokens");
    for (const std::int32_t t : c.tokens)
      require(t >= 0 && t < config().vocabulary, "transformer: a token beyond the vocabulary");
    const auto length = s.length + static_cast<std::int64_t>(c.tokens.size());
    pages += static_cast<std::size_t>(pages_for(length, layout_.page_tokens)) - s.pages.size();
  }
  require(pages <= free_pages_.size(), "transformer: too few free pages");
}

StepSequences Transformer::extend(std::span<const Chunk> chunks) {
  StepSequences step;
  for (const Chunk& c : chunks) {
    Sequence& s = sequences_[static_cast<std::size_t>(c.sequence)];
    const auto fresh = static_cast<std::int64_t>(c.tokens.size());
    const auto pages = static_cast<std::size_t>(pages_for(s.length + fresh, layout_.page_tokens));
    for (; s.pages.size() < pages; free_pages_.pop_back()) s.pages.push_back(free_pages_.back());
    for (std::int64_t p = s.length; p < s.length + fresh; ++p) {
      const std::int64_t page = s.pages[static_cast<std::size_t>(p / layout_.page_tokens)];
      step.places.push_back(page * layout_.page_tokens + p % layout_.page_tokens);
      step.positions.push_back(p);
    }
    step.ids.insert(step.ids.end(), c.tokens.begin(), c.tokens.end());
    s.length += fresh;
    step.first_page.push_back(static_cast<std::int64_t>(step.pages.size()));
    step.pages.insert(step.pages.end(), s.pages.begin(), s.pages.end());
    step.tokens.push_back(s.length);
    step.new_tokens.push_back(fresh);
  }
  return step;
}

void Transformer::remember_experts(std::span<const Chunk> chunks) {
  if (experts_.empty()) return;
  const auto top = static_cast<std::size_t>(config().experts_per_token);
  const auto layers = static_cast<std::size_t>(config().layers);
  const std::size_t tokens = experts_.size() / top / layers;
  std::size_t t = 0;
  for (const Chunk& c : chunks) {
    auto& experts = sequences_[static_cast<std::size_t>(c.sequence)].experts;
    for (std::size_t i = 0; i < c.tokens.size(); ++i, ++t) {
      for (std::size_t l = 0; l < layers; ++l) {
        for (std::size_t e = 0; e < top; ++e)
          experts.push_back(experts_[(l * tokens + t) * top + e]);
      }
    }
  }
}

std::span<const float> Transformer::step(std::span<const Chunk> chunks, const Exec& exec) {
  check(chunks);
  require(exec.tier == weights_->tier() && can_run(exec.tier),
          "transformer: the weights are packed for another tier");
  const StepSequences sequences = extend(chunks);
  calls_.clear();
  Launcher launcher(config(), weights_->spec(), static_cast<std::int64_t>(sequences.ids.size()),
                    weights_.get(), &exec, calls_);
  Pass(launcher, layout_, sequences, caches_, workspace_).run(residual_, logits_, experts_);
  remember_experts(chunks);
  return logits_;
}

KernelCalls step_calls(const TransformerConfig& config, const QuantSpec& weights, Format cache,
                       std::span<const ChunkSize> chunks) {
  config.check();
  StepSequences sequences;
  std::int64_t tokens = 0;
  for (const ChunkSize& c : chunks) {
    tokens += c.fresh;
    require(c.cached >= 0 && c.fresh > 0, "transformer: a chunk without tokens");
    sequences.tokens.push_back(c.cached + c.fresh);
    sequences.new_tokens.push_back(c.fresh);
  }
  KernelCalls calls;
  Launcher launcher(config, weights, tokens, nullptr, nullptr, calls);
  Workspace workspace;
  Buffer<std::uint16_t> residual;
  std::vector<float> logits;
  std::vector<std::int32_t> experts;
  Pass(launcher, kv_layout(config, cache), sequences, {}, workspace).run(residual, logits, experts);
  return calls;
}

}  // namespace perfmodel::kernels
