// The figures that an answer rests on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cost/stack.hpp"
#include "hw/chip.hpp"
#include "hw/family.hpp"
#include "hw/system.hpp"
#include "search/deployment.hpp"
#include "spec/sourced.hpp"

namespace perfmodel::search {

/// A figure as text, with its sources resolved.
struct UsedFigure {
  enum class Side { hardware, software, model, economy };
  Side side = Side::hardware;
  std::string path;
  std::string value;
  std::string range;  // empty where no source disagrees
  // The same as numbers, in `unit`; 0 for what is not one.
  double number = 0;
  double low = 0;
  double high = 0;
  std::string unit;  // "TB/s", empty for counts
  spec::Grade grade = spec::Grade::assumed;
  std::vector<spec::Source> sources;
  spec::Origin origin;
  bool overridden = false;
  std::string note;
  std::string claims;  // "cm384 707.8 TFLOP/s, a800t 706 TFLOP/s": what single sources say
};

/// A chip that may be the one at hand instead.
struct OtherBin {
  hw::Chip chip;
  spec::Sourced<Count> share;  // chance of it
};

/// Where a pool stands.
struct Site {
  const hw::Chip& chip;
  const hw::Family& family;
  const hw::System& system;
  int systems = 1;
  std::span<const OtherBin> bins = {};
};

/// Everything the deployment used: peaks of the types it computes in and of 16 bits, to which the
/// shares of the kernel curves are relative, memory, the link tiers its groups cross, chip count,
/// the software profile and the kernel curves of the architecture that it scales, the model's
/// architecture, chances of other bins, and what the `objective` weighs. A figure that was not used
/// (the FP8 peak of an INT8 deployment) is not in the list. Figures of a prefill pool on a
/// `prefill` site of its own follow, with "prefill." before their paths.
std::vector<UsedFigure> used_figures(const Deployment& deployment, const Site& site,
                                     const llm::LlmSpec& llm, const cost::Stack& stack,
                                     const Site* prefill = nullptr,
                                     Objective objective = Objective::output);

/// The figure of the weakest grade on one side, the first of equals; nullptr if there is none.
const UsedFigure* weakest(const std::vector<UsedFigure>& figures, UsedFigure::Side side);

}  // namespace perfmodel::search
