#include "calibrate/nearest.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "llm/counts.hpp"

namespace perfmodel::calibrate {
namespace {

constexpr double kUnknown = 0.5;  // for a number that one side does not have

double folds(double a, double b, double weight) {
  return a > 0 && b > 0 ? weight * std::abs(std::log(a / b)) : kUnknown;
}

std::string_view software_of(std::string_view profile) {
  return profile.substr(0, profile.rfind('-'));
}

double between_models(const Likeness& a, const Likeness& b) {
  if (a.llm == b.llm) return 0;
  return (a.architecture == b.architecture ? 1.5 : 3.0) + folds(a.active, b.active, 0.5);
}

double between_chips(const Likeness& a, const Likeness& b) {
  if (a.chip == b.chip) return 0;
  return a.family == b.family ? 1.0 : 2.0;
}

double between_software(const Likeness& asked, const Likeness& run) {
  if (asked.profile == run.profile || asked.profile == "typical") return 0;
  return software_of(asked.profile) == software_of(run.profile) ? 0.25 : 0.75;
}

double between_modes(Mode a, Mode b) {
  if (a == b) return 0;
  const auto serves = [](Mode m) { return m == Mode::aggregated || m == Mode::disaggregated; };
  return serves(a) && serves(b) ? 0.5 : 1.0;
}

/// How most of the layers attend, and whether tokens choose experts.
std::string architecture_of(const llm::LlmSpec& llm) {
  // In the order of AttentionBlock::kind.
  constexpr std::array<std::string_view, 4> kKinds = {"grouped", "latent", "compressed", "linear"};
  std::array<int, kKinds.size()> layers{};
  for (const auto& block : llm.attention) layers.at(block.kind.index()) += block.layers;
  const auto most = std::max_element(layers.begin(), layers.end()) - layers.begin();
  return std::string(kKinds[static_cast<std::size_t>(most)]) +
         (llm.is_moe() ? " experts" : " dense");
}

}  // namespace

void describe(Likeness& likeness, const llm::LlmSpec& llm, const mapping::Precision& precision,
              const mapping::Parallelism& parallelism) {
  likeness.llm = llm.id;
  likeness.architecture = architecture_of(llm);
  likeness.active = llm::count_parameters(llm).active;
  likeness.weight_bits = spec::info(llm.is_moe() ? precision.experts : precision.ffn).bits;
  likeness.tp = parallelism.tp;
  likeness.ep = parallelism.ep;
}

Likeness likeness_of(const Run& run, const std::string& profile) {
  Likeness l;
  const auto& plan = run.decode.plan;
  describe(l, *run.llm, plan.precision, plan.parallelism);
  l.chip = run.site->chip.id;
  l.family = run.site->family.id;
  l.profile = profile;
  l.mode = run.mode;
  l.chips = run.chips;
  l.input = run.workload.input;
  l.output = run.workload.output;
  if (run.concurrency > 0)
    l.concurrency = run.concurrency / run.chips;
  else if (run.mode != Mode::prefill_only)  // whose batch counts tokens
    l.concurrency = run.batch_per_chip;
  l.draft_tokens = plan.draft_tokens;
  return l;
}

double distance(const Likeness& asked, const Likeness& run) {
  return between_models(asked, run) + between_chips(asked, run) + between_software(asked, run) +
         between_modes(asked.mode, run.mode) + folds(asked.weight_bits, run.weight_bits, 0.5) +
         folds(1 + asked.draft_tokens, 1 + run.draft_tokens, 0.5) +
         folds(asked.input, run.input, 0.25) + folds(asked.output, run.output, 0.25) +
         folds(asked.concurrency, run.concurrency, 0.25) + folds(asked.chips, run.chips, 0.15) +
         folds(asked.tp, run.tp, 0.15) + folds(asked.ep, run.ep, 0.15);
}

std::vector<Near> nearest(const Likeness& asked, const std::vector<Likeness>& runs,
                          std::size_t most) {
  std::vector<Near> all(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) all[i] = {i, distance(asked, runs[i])};
  const auto kept = std::min(most, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                    [](const Near& a, const Near& b) {
                      return a.distance != b.distance ? a.distance < b.distance : a.at < b.at;
                    });
  all.resize(kept);
  return all;
}

}  // namespace perfmodel::calibrate
