// The answer of `fleet` as data: what the chips serve, what is left, what more of them would be
// worth, and what a supply adds. Formats are functions over it; nothing here computes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "units/money.hpp"
#include "units/quantity.hpp"

namespace perfmodel::report {

/// A value with what its figures and the model leave open.
template <class Q>
struct Spanned {
  Q value{};
  Q p10{}, p50{}, p90{};  // meaningless without samples
};

/// Chips of one kind.
struct FleetHardware {
  std::string name, chip, chip_status, system, stack;
  double chips = 0;
  double training = 0;  // taken by training
  double serving = 0;   // in blocks that serve
  double left = 0;
  std::optional<OpRate> peak;  // dense, 16 bits, by which training takes the best
  /// Of the chips that serve, with their share of all around and of the cooling.
  std::optional<Power> power;
  std::optional<UsdRate> cost;  // likewise
};

/// A share of the demand that a limit keeps from being served.
struct FleetWorkload {
  std::string name, llm;
  double input = 0, output = 0;  // tokens
  std::optional<Time> slo_ttft, slo_tpot;
  int priority = 1;
  Frequency demand{};  // requests
  Frequency served{};
  double share = 0;   // served of demand
  double chips = 0;   // that serve it
  double tokens = 0;  // output tokens of a mean request
  std::string limit;  // what keeps more from being served; empty where all is
};

/// A deployment on a block of chips that `blocks` times serves a workload; one reason each where
/// there is none.
struct FleetBlock {
  std::size_t hardware = 0, workload = 0;
  std::string infeasible;  // the rest is then meaningless
  bool excluded = false;   // infeasible because the workload names other hardware
  double chips = 0;        // of one block
  double engines = 0;      // in one block
  std::string parallelism, weights, limit;
  Time ttft{}, tpot{};
  Frequency output{};    // tokens of one block, all of its rate
  Frequency requests{};  // of one block, planned with
  std::optional<Power> power;
  std::optional<UsdRate> cost;
  double blocks = 0;  // in use
};

/// The same demands by another objective.
struct FleetVariant {
  std::string objective;
  std::string unknown;  // why there is none; the rest is then meaningless
  double chips = 0;
  std::optional<Power> power;
  std::optional<UsdRate> cost;
  std::vector<double> shares;             // by workload
  std::vector<double> chips_by_hardware;  // in use
};

/// More chips of one kind, everything solved anew.
struct FleetMore {
  std::size_t hardware = 0;
  std::vector<double> shares;  // by workload
  double chips = 0;            // in use, all kinds
  std::optional<Power> power;
  std::optional<UsdRate> cost;
};

/// What a supply adds for one workload, in one case.
struct SupplyRow {
  std::string supply, which, chip, system;
  double months = 0;
  Spanned<Count> chips;     // a month
  std::string limited_by;   // at the values
  double stacks_limit = 0;  // share of the draws in which memory stacks are what is short
  std::size_t workload = 0;
  std::string infeasible;      // why the chip cannot serve it; the rest is then meaningless
  Frequency per_chip{};        // output tokens, planned with
  Spanned<Frequency> added;    // output tokens a second that a month adds
  Spanned<Frequency> after;    // after all months
  std::optional<Power> power;  // after all months
};

struct FleetRecord {
  std::string fleet, name, about, objective;
  double utilisation = 1;
  double more = 0;      // chips
  double training = 0;  // chips that training asks for
  std::vector<std::string> banners;
  std::vector<FleetHardware> hardware;
  std::vector<FleetWorkload> workloads;
  std::vector<FleetBlock> blocks;  // by hardware, then workload, then size
  std::vector<FleetVariant> variants;
  std::vector<FleetMore> added;
  std::vector<SupplyRow> supply;
  std::size_t samples = 0;
  std::vector<std::string> assumed;  // figures of the file that nobody published
  std::string version;
};

}  // namespace perfmodel::report
