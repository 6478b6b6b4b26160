// An engine as the few numbers that what-ifs on its hardware need: what Compiled
// (phase/compiled.hpp) computes, written out for one workload, so that another program can evaluate
// it. The formula that combines them, with its edge cases, is in docs/reports.md.
//
// Multipliers scale the memory bandwidth, all peaks, the bandwidth of all links and the memory
// capacity of the machine that the terms were taken from. Times are in seconds and bytes in bytes
// throughout, by the sequence of a pass, at multipliers of one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "phase/plan.hpp"
#include "serving/workload.hpp"

namespace perfmodel::serving {

/// How tokens meet experts (phase::Routing): all by the sequence.
struct TermRouting {
  double load = 0;      // assignments that a rank gets
  double tokens = 0;    // that choose among the experts of the device
  double local = 0;     // experts on the device
  double log_miss = 0;  // ln of the chance that a token misses an expert
  double ranks = 1;     // over which the load varies
  bool operator==(const TermRouting&) const = default;
};

/// Share of the peak that a product reaches, by the architecture and by the software.
struct TermShare {
  double share = 1;
  double efficiency = 1;
  bool operator==(const TermShare&) const = default;
};

/// Proportional to the sequences, but for what the cache keeps of activations.
struct PlainTerm {
  std::size_t stream = 0;
  double count = 0;
  TermShare of_peak;
  double compute = 0, vector = 0, memory = 0;
  double touched = 0;  // bytes of activations
  double by_byte = 0;
  bool operator==(const PlainTerm&) const = default;
};

/// A matrix product in tiles (phase::Product). Dense where there is no routing.
struct ProductTerm {
  std::size_t stream = 0;
  double count = 0;
  TermShare of_peak;
  double compute = 0;  // of one step of tiles
  double rows = 0;     // by sequence
  double groups = 1, tile = 1, by_tall = 1, columns = 1, cores = 1, split = 1, wave_share = 0;
  double weights = 0;  // bytes: of all groups; of one expert
  double touched = 0;  // bytes by row
  double by_byte = 0, by_byte_single = 0;
  double converted = 0;  // bytes by row
  double by_byte_converted = 0;
  std::optional<TermRouting> routing;
  bool operator==(const ProductTerm&) const = default;
};

/// Messages: the least of several lines in the rows.
struct LinesTerm {
  struct Line {
    double at_zero = 0, slope = 0;
  };
  std::size_t stream = 0;
  double rows = 0;  // by sequence
  std::vector<Line> lines;
};

/// Dispatch and combine.
struct ExchangeTerm {
  std::size_t stream = 0;
  double seconds = 0;
  std::optional<TermRouting> routing;  // none where no rank is hotter
};

struct PassTerms {
  double layers = 0;                 // of software
  std::array<double, 3> constant{};  // by mapping::Stream
  std::vector<PlainTerm> plain;
  std::vector<ProductTerm> products;
  std::vector<LinesTerm> lines;
  std::vector<ExchangeTerm> exchange;
};

struct EngineTerms {
  double dp = 1, pp = 1, yield = 1;
  double input = 0, output = 0;  // mean tokens
  double interference = 1, request = 0;
  double sharpness = 4, spill = 0, imbalance = 1;
  /// Shares of the peak below `best_share` fall as the peak rises (hw::share_at).
  double best_share = 1;
  bool shares_fall = false;
  double overlap_shared = 0, overlap_exchange = 0, stage_excess = 1, step = 0, sequence = 0;
  // Memory.
  double capacity = 0, use = 1, weights = 0, by_sequence = 0, by_row = 0, prefill_rows = 0;
  double rows_per_sequence = 1, by_logit_row = 0;
  double full = 1;            // requests that fill a chunk
  double prefill_passes = 1;  // of one request or of `full`
  PassTerms prefill, decode;
};

/// `shares_fall`: the machine's shares of the peak were taken at the chip's rate per core. None for
/// an ideal machine, and where an operator has no known form.
std::optional<EngineTerms> engine_terms(const phase::Plan& plan, const cost::Machine& machine,
                                        const Lengths& w, double accepted, bool shares_fall);

}  // namespace perfmodel::serving
