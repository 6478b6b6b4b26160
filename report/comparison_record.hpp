// The answer of `compare` as data: several systems under one promise, each against a baseline.
// Formats are functions over it; nothing here computes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/estimate_record.hpp"
#include "units/quantity.hpp"

namespace perfmodel::report {

/// Over the baseline: under the software profile, and without software losses.
struct Ratio {
  double expected = 1;
  double ceiling = 1;
};

/// Output tokens/s with both phases, and of each phase alone.
struct RateRatios {
  Ratio output, decode, prefill;
};

/// Power behind a rate.
struct PowerFigure {
  Power value{};
  std::string grade;
};

/// What one part of the machine contributes to the ratio of rates per chip.
struct FactorRow {
  std::string part;    // "bandwidth"
  std::string change;  // "4.8 TB/s to 3.2 TB/s"; empty where nothing differs
  double factor = 1;
};

/// The best deployment at one interactivity.
struct InteractivityPoint {
  Frequency interactivity{};  // tokens per second of one user, 1 / TPOT
  std::string infeasible;     // reason; the rest is then meaningless
  Frequency output_per_chip{};
  Time ttft{};
  Time tpot{};
  std::string deployment;
  std::optional<double> ratio;  // per chip, over the baseline, where both keep it
};

struct ComparedSystem {
  std::string label;  // "4xhgx-h200", "generic-8@h800", "cloudmatrix384/cann-2026"
  EstimateRecord answer;
  std::optional<PowerFigure> power;       // whole system, as published
  std::optional<PowerFigure> chip_power;  // TDP of the accelerators alone, all of them

  // Against the baseline, where both are feasible.
  bool compared = false;
  RateRatios per_chip, system;
  double ttft = 1, tpot = 1;
  /// That more is turned out per chip than by the baseline's, by the record's metric; only with
  /// samples.
  std::optional<double> chance_above;
  /// Output tokens per joule over the baseline's, by power of the same scope: "system" or "chips".
  std::optional<double> per_joule;
  std::string per_joule_scope;
  std::string per_joule_grade;  // of the baseline's power over this one's
  /// Factors that multiply to the ratio per chip of the record's metric.
  std::vector<FactorRow> factors;
  double orders = 0, orders_possible = 0;  // of exchanging the parts, all machines on the way able
  std::string no_factors;                  // why there are none

  std::vector<InteractivityPoint> points;  // by the record's levels
  std::optional<Frequency> reach;          // fastest interactivity kept at all
};

/// From here on `leader` turns out more per chip than `other`.
struct CrossingRow {
  std::string leader, other;
  Frequency at{};
  bool by_reach = false;  // the other cannot keep it any more
};

struct ComparisonRecord {
  std::vector<ComparedSystem> systems;  // in the order asked
  std::size_t baseline = 0;
  std::string metric = "output";  // that the factors and the parity are of: output, decode, prefill
  std::vector<Frequency> levels;  // of interactivity, as asked
  Frequency scanned_from{}, scanned_to{};
  std::vector<CrossingRow> crossings;
  bool sources = false;  // the figures of the answers are asked for
  std::string version;
  Provenance provenance;

  const ComparedSystem& base() const { return systems[baseline]; }
};

}  // namespace perfmodel::report
