#include "kernels/accuracy/weight_divergence.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "kernels/registry/sample.hpp"
#include "kernels/registry/team.hpp"
#include "kernels/transformer/reference.hpp"
#include "kernels/transformer/transformer.hpp"

namespace perfmodel::kernels {
namespace {

constexpr std::uint64_t kSeed = 4;
constexpr std::int64_t kPageTokens = 64;

/// Logits after each token; `experts` of all tokens, or none where the router is to choose.
std::vector<double> reference_logits(ReferenceTransformer& reference,
                                     std::span<const std::int32_t> text,
                                     std::span<const std::int32_t> experts) {
  reference.restart();
  const std::size_t each = experts.size() / text.size();
  std::vector<double> all;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto logits = reference.next(text[i], experts.subspan(i * each, each));
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

}  // namespace

std::vector<QuantSpec> transformer_formats() {
  using enum ScaleScheme;
  const QuantSpec candidates[] = {{Format::bf16, none},
                                  {Format::fp16, none},
                                  {Format::e4m3, per_tensor},
                                  {Format::e4m3, per_channel},
                                  {Format::e4m3, block_128x128},
                                  {Format::e4m3, block_128x128, ScaleType::ue8m0},
                                  {Format::e4m3, mx_32, ScaleType::ue8m0},
                                  {Format::e5m2, per_tensor},
                                  {Format::e5m2, per_channel},
                                  {Format::e5m2, block_128x128},
                                  {Format::e5m2, block_128x128, ScaleType::ue8m0},
                                  {Format::e5m2, mx_32, ScaleType::ue8m0},
                                  {Format::int8, per_tensor},
                                  {Format::int8, per_channel},
                                  {Format::e2m1, mx_32, ScaleType::ue8m0}};
  std::vector<QuantSpec> taken;
  for (const QuantSpec& s : candidates) {
    const auto gemm = gemm_tiers(s, Format::bf16), gemv = gemv_tiers(s, Format::bf16);
    const auto plain = [](const auto& tiers) {
      return std::find(tiers.begin(), tiers.end(), Tier::scalar) != tiers.end();
    };
    if (plain(gemm) && plain(gemv)) taken.push_back(s);
  }
  return taken;
}

std::vector<WeightDivergence> weight_divergences(Architecture architecture, std::int64_t tokens) {
  if (tokens < 1) throw std::invalid_argument("no tokens to compare logits after");
  const TransformerConfig config = transformer_config(architecture, 1);
  Random random(kSeed);
  std::vector<std::int32_t> text(static_cast<std::size_t>(tokens));
  for (auto& t : text)
    t = static_cast<std::int32_t>((random.bits() >> 20) %
                                  static_cast<std::uint64_t>(config.vocabulary));
  ReferenceTransformer reference(config, std::nullopt);
  const auto exact = reference_logits(reference, text, {});
  Team team(1);
  std::vector<WeightDivergence> found;
  for (const QuantSpec& spec : transformer_formats()) {
    Transformer model(std::make_shared<TransformerWeights>(config, spec, Tier::scalar),
                      Format::bf16, (tokens + kPageTokens - 1) / kPageTokens);
    const std::int64_t sequence = model.add_sequence();
    std::vector<float> logits;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const Chunk chunk{sequence, std::span<const std::int32_t>(text).subspan(i, 1)};
      const auto next = model.step({&chunk, 1}, {Tier::scalar, team});
      logits.insert(logits.end(), next.begin(), next.end());
    }
    WeightDivergence d{spec, logit_divergence(exact, logits, config.vocabulary), {}};
    const auto experts = model.experts(sequence);
    d.same_experts = experts.empty() ? d.logits
                                     : logit_divergence(reference_logits(reference, text, experts),
                                                        logits, config.vocabulary);
    found.push_back(d);
  }
  return found;
}

}  // namespace perfmodel::kernels
