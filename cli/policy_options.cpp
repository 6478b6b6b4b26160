#include "cli/policy_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

using cost::PrefixTier;

constexpr long kMaxChunk = 10'000'000;
/// No rank gets more than everything, and no machine has more ranks.
constexpr double kMaxBalance = 10'000;
/// The depth of published recipes for models with a single draft layer, run again for every token
/// (SGLang, TensorRT-LLM). Deeper drafts are accepted less often than a chance per token says.
constexpr int kUsualDepth = 3;

constexpr std::array<std::string_view, 3> kTiers = {"hbm", "host", "remote"};

void read_speculation(const std::string& word, PolicyOptions& o, std::vector<std::string>& bad) {
  if (word.empty()) return;
  constexpr std::string_view kAuto = "auto";
  if (word.starts_with(kAuto) && (word.size() == kAuto.size() || word[kAuto.size()] == ':')) {
    o.any_depth = true;
    if (word.size() == kAuto.size()) return;
    o.acceptance = entire_number<double>(std::string_view(word).substr(kAuto.size() + 1));
    if (!o.acceptance || !(*o.acceptance >= 0 && *o.acceptance <= 1))
      bad.push_back(
          fmt::format("--speculate: '{}' is not auto:CHANCE, as in auto:0.8 (each drafted token is "
                      "accepted with "
                      "80 %, given that the one before it was)",
                      word));
    return;
  }
  if (const auto s = serving::parse_speculation(word))
    o.speculation = *s;
  else
    bad.push_back(fmt::format(
        "--speculate: '{}' is neither auto nor DRAFTS:ACCEPTED, as in 1:0.7 (one drafted token per "
        "step, 0.7 accepted on average)",
        word));
}

void read_balance(const std::string& word, PolicyOptions& o, std::vector<std::string>& bad) {
  if (word.empty()) return;
  std::vector<double> v;
  std::string_view rest = word;
  while (true) {
    const auto colon = rest.find(':');
    const auto n = entire_number<double>(rest.substr(0, colon));
    if (!n || !(*n >= 1 && *n <= kMaxBalance)) break;
    v.push_back(*n);
    if (colon == std::string_view::npos) {
      if (v.size() == 1) o.balance = {v[0], v[0], v[0]};
      if (v.size() == 3 && v[1] <= v[0] && v[0] <= v[2]) o.balance = {v[0], v[1], v[2]};
      break;
    }
    rest.remove_prefix(colon + 1);
  }
  if (!o.balance)
    bad.push_back(
        fmt::format("--expert-balance: '{}' is not HOTTEST or HOTTEST:LOW:HIGH, the load of the "
                    "busiest expert rank over the mean, as in 1.3 or 1.3:1.1:1.6",
                    word));
}

template <class Q>
void set(spec::Sourced<Q>& figure, double value, double low, double high) {
  figure.value = Q::from_base(value);
  figure.low = Q::from_base(low);
  figure.high = Q::from_base(high);
  figure.grade = spec::Grade::assumed;
  figure.sources.clear();
  figure.note = "set on the command line";
  figure.overridden = true;
}

}  // namespace

void add_policy_options(CLI::App& command, PolicyArguments& words) {
  auto* c = &command;
  auto* w = &words;
  c->add_option(
      "--speculate", w->speculate,
      "DRAFTS:ACCEPTED per step, as 1:0.7; or auto[:CHANCE]: the best depth, each drafted "
      "token accepted with the profile's chance or this");
  c->add_flag("--mixed", w->mixed, "prefill rides in decode steps, a chunk at a time");
  c->add_option("--chunk", w->chunk, "tokens of one prefill pass, or of prefill in a mixed step");
  c->add_option("--prefix-cache", w->prefix_cache,
                "where prefixes that the cache holds are read from: hbm, host or remote");
  c->add_option("--expert-balance", w->expert_balance,
                "busiest expert rank over the mean, as 1.3 or, with a range, 1.3:1.1:1.6");
}

PolicyOptions parse_policy(const PolicyArguments& words, std::vector<std::string>& problems) {
  PolicyOptions o;
  read_speculation(words.speculate, o, problems);
  read_balance(words.expert_balance, o, problems);
  o.mixed = words.mixed;
  if (words.chunk) {
    o.chunk = static_cast<double>(*words.chunk);
    if (*words.chunk < 1 || *words.chunk > kMaxChunk)
      problems.push_back(
          fmt::format("--chunk: {} tokens is out of bounds (1 to {})", *words.chunk, kMaxChunk));
  }
  if (!words.prefix_cache.empty()) {
    const auto at = std::find(kTiers.begin(), kTiers.end(), words.prefix_cache);
    if (at != kTiers.end())
      o.prefix = static_cast<PrefixTier>(1 + (at - kTiers.begin()));
    else
      problems.push_back(
          fmt::format("--prefix-cache: unknown tier '{}' ({})", words.prefix_cache,
                      spec::nearest_hint(words.prefix_cache, {kTiers.begin(), kTiers.end()},
                                         fmt::format("one of: {}", fmt::join(kTiers, ", ")))));
  }
  return o;
}

void apply(const PolicyOptions& options, cost::Stack& stack) {
  stack.policy.mixed = options.mixed;
  stack.policy.prefix = options.prefix;
  stack.policy.own_acceptance = options.any_depth;
  if (options.chunk) set(stack.chunk, *options.chunk, *options.chunk, *options.chunk);
  if (options.acceptance)
    set(stack.acceptance, *options.acceptance, *options.acceptance, *options.acceptance);
  if (options.balance) {
    const auto& b = *options.balance;
    set(stack.imbalance, b.value, b.low, b.high);
    stack.policy.balance_measured = true;
  }
}

std::vector<serving::Speculation> depths(const llm::LlmSpec& llm, double acceptance) {
  const int deepest = llm.mtp_layers > 0 ? std::max(llm.mtp_layers, kUsualDepth) : 0;
  std::vector<serving::Speculation> all;
  for (int d = 0; d <= deepest; ++d) all.push_back(serving::speculation(d, acceptance));
  return all;
}

std::vector<std::string> texts(const PolicyOptions& options) {
  std::vector<std::string> all;
  if (options.mixed) all.emplace_back("steps = mixed");
  if (options.chunk) all.push_back(fmt::format("chunk = {}", *options.chunk));
  if (options.prefix != PrefixTier::free)
    all.push_back(
        fmt::format("prefix cache = {}", kTiers[static_cast<std::size_t>(options.prefix) - 1]));
  if (options.balance) {
    const auto& b = *options.balance;
    auto text = fmt::format("expert balance = {}", b.value);
    if (b.low < b.high) text += fmt::format(" ({} .. {})", b.low, b.high);
    all.push_back(std::move(text));
  }
  return all;
}

std::vector<std::string> assumptions(const cost::Stack& stack) {
  std::vector<std::string> all;
  const auto& p = stack.policy;
  if (p.mixed)
    all.push_back(
        fmt::format("a decode step takes up to {} tokens of prompts, on all ranks at once; "
                    "operators are listed by "
                    "phase, as if these ran apart",
                    stack.chunk.value.base()));
  if (p.prefix == PrefixTier::hbm)
    all.emplace_back(
        "device memory holds the prefix of one request more for every one in flight, beside its "
        "cache");
  if (p.prefix == PrefixTier::host || p.prefix == PrefixTier::remote)
    all.push_back(fmt::format(
        "prefixes are read {} before their prefill, every device its part at once; nothing of it "
        "is "
        "hidden",
        p.prefix == PrefixTier::host ? "from the host's memory" : "over the scale-out network"));
  return all;
}

}  // namespace perfmodel::cli
