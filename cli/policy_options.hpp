// How the software is run, where the question says more than the profile: --speculate auto,
// --mixed,
// --chunk, --prefix-cache, --expert-balance.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cost/stack.hpp"
#include "llm/llm_spec.hpp"
#include "serving/workload.hpp"

namespace CLI {
class App;
}

namespace perfmodel::cli {

/// Words as typed.
struct PolicyArguments {
  std::string speculate, prefix_cache, expert_balance;
  std::optional<long> chunk;
  bool mixed = false;
};

/// Hottest rank over the mean.
struct ExpertBalance {
  double value = 1, low = 1, high = 1;
};

struct PolicyOptions {
  serving::Speculation speculation;  // where its depth is given
  bool any_depth = false;            // else the search chooses it
  std::optional<double> acceptance;  // of each drafted token; the profile's if not given
  cost::PrefixTier prefix = cost::PrefixTier::free;
  std::optional<ExpertBalance> balance;
  std::optional<double> chunk;
  bool mixed = false;
};

/// `words` must outlive the parse.
void add_policy_options(CLI::App& command, PolicyArguments& words);

/// What is wrong goes to `problems`, a text each.
PolicyOptions parse_policy(const PolicyArguments& words, std::vector<std::string>& problems);

/// The profile, run so.
void apply(const PolicyOptions& options, cost::Stack& stack);

/// Depths of speculation to choose from: none, and for a model with draft layers up to as many
/// tokens as published recipes draft, or as it has layers.
std::vector<serving::Speculation> depths(const llm::LlmSpec& llm, double acceptance);

/// What was set, for the answer: "expert balance = 1.3 (1.1 .. 1.6)".
std::vector<std::string> texts(const PolicyOptions& options);

/// What the answer takes for granted by being run so.
std::vector<std::string> assumptions(const cost::Stack& stack);

}  // namespace perfmodel::cli
