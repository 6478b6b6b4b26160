// What is asked of the engine: lengths, how they vary, what the prefix cache holds, and the promise
// made to users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/document.hpp"
#include "units/quantity.hpp"

namespace perfmodel::serving {

struct Slo {
  std::optional<Time> ttft;
  std::optional<Time> tpot;
};

/// Tokens drafted per step, and how many of them are accepted on average.
struct Speculation {
  int drafts = 0;
  double accepted = 0;
};
/// "1:0.7".
std::optional<Speculation> parse_speculation(std::string_view text);

/// `drafts` tokens of which each is accepted with chance `acceptance`, given that the one before it
/// was: acceptance + acceptance^2 + ...
Speculation speculation(int drafts, double acceptance);

/// Lengths of requests: all that times depend on.
struct Lengths {
  double input = 0;       // tokens, nominal
  double output = 0;      // tokens, nominal
  double spread = 0;      // lengths are uniform between (1 - spread) and 1 of nominal
  double prefix_hit = 0;  // share of the input found in the prefix cache

  double mean_input() const { return input * (1.0 - 0.5 * spread); }
  double mean_output() const { return output * (1.0 - 0.5 * spread); }
  /// E[n^2]/E[n] over n: what a cost that grows with the square of the length feels.
  double square_mean_ratio() const {
    const double mean = 1.0 - 0.5 * spread;
    return 1.0 + spread * spread / 12.0 / (mean * mean);
  }
  bool operator==(const Lengths&) const = default;
};

struct Workload : Lengths {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string about;
  Slo slo;
};

std::optional<Workload> read_workload(const spec::Document& document,
                                      spec::Diagnostics& diagnostics);

}  // namespace perfmodel::serving
