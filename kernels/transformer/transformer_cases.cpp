// What a step of a transformer says about itself, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/transformer/divergence.hpp"
#include "kernels/transformer/reference.hpp"
#include "kernels/transformer/transformer.hpp"

namespace perfmodel::kernels {

namespace {

struct Kind {
  Architecture architecture;
  QuantSpec weights;
};

/// Weights are made once for all shapes: it takes seconds for the large ones. Those of the last
/// model are kept, as its shapes come one after the other: of all tiers of a small one, of one tier
/// of a large one.
std::shared_ptr<const TransformerWeights> shared_weights(const Kind& kind, std::int64_t scale,
                                                         Tier tier) {
  static std::vector<std::shared_ptr<const TransformerWeights>> made;
  const TransformerConfig config = transformer_config(kind.architecture, scale);
  for (const auto& w : made) {
    if (w->config().architecture == kind.architecture && w->config().hidden == config.hidden &&
        w->spec() == kind.weights && w->tier() == tier)
      return w;
  }
  if (!made.empty() &&
      (scale > 1 || made[0]->config().hidden != config.hidden ||
       made[0]->config().architecture != kind.architecture || !(made[0]->spec() == kind.weights)))
    made.clear();
  made.push_back(std::make_shared<TransformerWeights>(config, kind.weights, tier));
  return made.back();
}

/// m sequences of n tokens each get k more, again with each run.
class StepCase final : public Case {
 public:
  StepCase(const Kind& kind, const Shape& s)
      : kind_(kind), shape_(s), config_(transformer_config(kind.architecture, s.groups)) {
    Random random(11);
    for (std::int64_t i = 0; i < s.m * (s.n + s.k); ++i)
      tokens_.push_back(static_cast<std::int32_t>(random.bits() >> 20 & 0xFFFF) %
                        static_cast<std::int32_t>(config_.vocabulary));
  }

  void run(const Exec& exec) override {
    if (model_ == nullptr || tier_ != exec.tier) prepare(exec);
    for (std::int64_t s = 0; s < shape_.m; ++s) model_->truncate(s, shape_.n);
    step(shape_.n, shape_.k, exec);
  }

  double error() override {
    const bool same_choices = config_.architecture == Architecture::dense || expected_of_ == tier_;
    if (expected_.empty() || !same_choices) compute_reference();
    // The reference follows the router's choices, which must be its own but for rounding.
    constexpr double kRoutingTolerance = 0.05;
    if (shortfall_ > kRoutingTolerance) return std::numeric_limits<double>::infinity();
    double squares = 0.0;
    for (const double v : expected_) squares += v * v;
    return logit_divergence(expected_, logits_, config_.vocabulary).max_difference /
           std::sqrt(squares / static_cast<double>(expected_.size()));
  }

 private:
  void prepare(const Exec& exec) {
    model_.reset();
    tier_ = exec.tier;
    const std::int64_t pages = shape_.m * ((shape_.n + shape_.k + 63) / 64);
    model_ = std::make_unique<Transformer>(shared_weights(kind_, shape_.groups, exec.tier),
                                           Format::bf16, pages);
    for (std::int64_t s = 0; s < shape_.m; ++s) model_->add_sequence();
    if (shape_.n > 0) step(0, shape_.n, exec);
  }

  std::span<const std::int32_t> tokens_of(std::int64_t sequence) const {
    const std::int64_t n = shape_.n + shape_.k;
    return std::span(tokens_).subspan(static_cast<std::size_t>(sequence * n),
                                      static_cast<std::size_t>(n));
  }

  void step(std::int64_t from, std::int64_t count, const Exec& exec) {
    std::vector<Chunk> chunks;
    for (std::int64_t s = 0; s < shape_.m; ++s)
      chunks.push_back({s, tokens_of(s).subspan(static_cast<std::size_t>(from),
                                                static_cast<std::size_t>(count))});
    const auto logits = model_->step(chunks, exec);
    logits_.assign(logits.begin(), logits.end());
  }

  /// Anew for each tier where there is a router: its choices are those of the tier.
  void compute_reference() {
    expected_.clear();
    shortfall_ = 0.0;
    expected_of_ = tier_;
    if (reference_ == nullptr)
      reference_ = std::make_unique<ReferenceTransformer>(config_, kind_.weights);
    for (std::int64_t s = 0; s < shape_.m; ++s) {
      reference_->restart();
      const auto tokens = tokens_of(s);
      const auto experts = model_->experts(s);
      const std::size_t each = experts.size() / tokens.size();
      std::vector<double> logits;
      for (std::size_t t = 0; t < tokens.size(); ++t)
        logits = reference_->next(tokens[t], experts.subspan(t * each, each));
      shortfall_ = std::max(shortfall_, reference_->largest_shortfall());
      expected_.insert(expected_.end(), logits.begin(), logits.end());
    }
  }

  Kind kind_;
  Shape shape_;
  TransformerConfig config_;
  std::vector<std::int32_t> tokens_;
  Tier tier_ = Tier::scalar, expected_of_ = Tier::scalar;
  std::unique_ptr<Transformer> model_;
  std::unique_ptr<ReferenceTransformer> reference_;
  std::vector<float> logits_;
  std::vector<double> expected_;
  double shortfall_ = 0.0;
};

constexpr std::string_view kFamily = "transformer";

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  for (const Architecture a : {Architecture::dense, Architecture::mla_moe}) {
    all.push_back({a, {Format::bf16, ScaleScheme::none}});
    all.push_back({a, {Format::e4m3, ScaleScheme::block_128x128, ScaleType::fp32}});
  }
  return all;
}

std::string name_of_steps(const Kind& kind) {
  return std::string(kFamily) + "/" + std::string(name_of(kind.architecture)) + "/" +
         std::string(name_of(kind.weights.format));
}

KernelCalls calls_of(const Kind& kind, const Shape& s) {
  const std::vector<ChunkSize> chunks(static_cast<std::size_t>(s.m), ChunkSize{s.n, s.k});
  return step_calls(transformer_config(kind.architecture, s.groups), kind.weights, Format::bf16,
                    chunks);
}

Descriptor describe(const Kind& kind) {
  Descriptor d;
  d.family = kFamily;
  d.name = name_of_steps(kind);
  d.summary = "a step of a whole model: new tokens through all layers to the logits of the last";
  d.shape_meaning =
      "m: sequences, n: tokens of each in the cache, k: new ones of each, g: hidden size over 128";
  d.weights = name_of(kind.weights.format);
  d.activations = "bf16";
  d.scales = name_of(kind.weights.scheme);
  d.tiers = gemm_tiers(kind.weights, Format::bf16);
  // About ten roundings to BF16 per layer, of 2^-9 / sqrt(3) each at most, add up at random to an
  // RMS of 0.5 % of the logits' over two layers and of 1 % over eight (0.7 to 0.9 % were found).
  // The largest of 16 x 16384 such differences is at five times their RMS, and those of the largest
  // rows of lm_head are another 1.3 times as large (matrix_values). Weights have no part in it:
  // both sides multiply what is stored.
  d.max_error = 0.06;
  d.error_reason =
      "largest difference of a logit, over the RMS of all: activations are rounded to BF16 some "
      "ten times per layer, which adds up to 1 % over eight layers, and the largest of 10^5 "
      "differences is at six times their RMS";
  d.cost = [=](const Shape& s) { return cost_of(calls_of(kind, s)); };
  d.make = [=](const Shape& s, Purpose) { return std::make_unique<StepCase>(kind, s); };
  // Short, for the scalar tier's sake.
  d.test_shapes = {{2, 0, 5, 1}, {1, 9, 3, 1}, {1, 7, 1, 1}, {2, 6, 1, 1}};
  // Prefill of prompts, of a chunk behind a long one, and decode of few and many sequences.
  d.benchmark_shapes = {{1, 0, 128, 8},  {1, 0, 512, 8},  {1, 1024, 256, 8}, {1, 256, 1, 8},
                        {1, 1024, 1, 8}, {1, 4096, 1, 8}, {16, 256, 1, 8},   {16, 1024, 1, 8}};
  return d;
}

}  // namespace

KernelCalls step_calls(std::string_view name, const Shape& shape) {
  for (const Kind& kind : kinds()) {
    if (name_of_steps(kind) == name) return calls_of(kind, shape);
  }
  return {};
}

void add_transformer(Descriptors& all) {
  for (const Kind& kind : kinds()) all.push_back(describe(kind));
}

}  // namespace perfmodel::kernels
