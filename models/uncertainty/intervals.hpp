// An answer as a distribution: its figures drawn from their ranges, its deployment evaluated again
// at each draw, and the discrepancy of the model on top.
//
// What is drawn together: every figure is one draw for all that it enters (one chip's bandwidth
// moves all its operators, one profile's parameters move all chips), keyed by where it is written,
// so that two systems share the draws of what they share (uncertainty/draws.hpp). The discrepancy
// of all numbers that follow the decode step is one draw with the sign of each (a rate falls as a
// time per token rises), that of the prefill's numbers another. Of either, a part of the variance
// (Answer::common) belongs to the software and the rest to the chip.
//
// What is unknown of fitted figures shows in the residuals too, and is not counted twice: their
// share of the variance, to first order, is taken off the discrepancy. The spread of an answer on
// exactly known hardware is thus that of the residuals, or that of the fitted ranges where it is
// more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "serving/workload.hpp"
#include "uncertainty/discrepancy.hpp"
#include "uncertainty/specs.hpp"

namespace perfmodel::uncertainty {

enum class Metric : std::uint8_t {
  ttft,
  tpot,
  decode_step,
  prefill,
  output_rate,
  input_rate,
  decode_only,
  prefill_only,
};
inline constexpr std::size_t kMetricCount = 8;
template <class T>
using PerMetric = std::array<T, kMetricCount>;
constexpr std::size_t index(Metric m) {
  return static_cast<std::size_t>(m);
}

/// The residual that is taken for a metric of an aggregated or a disaggregated deployment.
cost::Measured measured_for(Metric m, bool disaggregated);

/// An answer and what it rests on, borrowed for the call.
struct Answer {
  const search::Deployment& deployment;
  const search::Site& site;
  const search::Site* prefill = nullptr;  // of a prefill pool with systems of its own
  const cost::Stack& stack;
  const serving::Workload& workload;
  PerMetric<Discrepancy> discrepancy{};
  double common = 0;  // part of the discrepancy's variance that chips under one software share
};

struct Sampling {
  std::size_t samples = 1024;
  std::uint64_t seed = 1;
  /// A figure that is taken at its value as if nothing of it were unknown, by its path; what its
  /// range took off the discrepancy stays off.
  std::string_view known = {};
  unsigned threads = 0;  // 0: as many as the machine has; the numbers are the same for any
};

/// ln(sample / answer) by metric, one number a sample, in the order of the draws.
struct Samples {
  PerMetric<std::vector<double>> log_ratio;
  double fits = 1;   // share of the samples in whose memory the batch has room
  double keeps = 1;  // share of the samples that keep the workload's promise of latency
  /// The chip of each sample, 0 for the answer's own; empty where there is no other.
  std::vector<std::uint8_t> bin;
};
Samples sample(const Answer& answer, const Sampling& how);

/// Factors on the answer, p10 <= p50 <= p90. The medians differ from one where ranges are lopsided.
struct Interval {
  double p10 = 1, p50 = 1, p90 = 1;
};
PerMetric<Interval> intervals(const Samples& samples);
/// The same of the samples with one of the chips.
PerMetric<Interval> intervals(const Samples& samples, std::uint8_t bin);

/// Share of the samples in which `a` turns out more than `b`, by a metric of which the answers are
/// `a_answer` and `b_answer`; draws with one seed and as many samples. Equal ones count half.
double chance_above(const Samples& a, double a_answer, const Samples& b, double b_answer, Metric m);

/// What one figure alone does to the answer, at the ends of its range: ln(there / answer). Of the
/// choice between several chips, the ends are those with the lowest and the highest output rate.
struct Reach {
  PerMetric<double> at_low{}, at_high{};
  PerMetric<double> deviation{};  // of the answer's logarithm, to first order
};
struct Swing : Reach {
  std::string key;  // of the figure's draws
  std::string path;
  spec::Grade grade = spec::Grade::assumed;
  Side side = Side::hardware;

  double width(Metric m) const;  // between the two ends, without sign
};
/// Of every figure with a range, in the order of Specs::knobs.
std::vector<Swing> swings(const Answer& answer);

/// How an answer follows one figure, the deployment held.
struct Pull {
  std::string key;
  bool moves = false;              // any of the numbers
  bool room = false;               // what is free in memory
  PerMetric<double> elasticity{};  // d ln(answer) / d ln(figure), over 1 %; 0 for a figure of 0
};
/// Of every figure that the machine has.
std::vector<Pull> pulls(const Answer& answer);

/// Parts of the variance of ln(answer) that a figure has, by Monte Carlo, the model's own error in
/// the whole. First order: what knowing the figure would take away in the mean (A. Saltelli et al.,
/// Computer Physics Communications 181 (2010) 259, table 2 b). Total: what would remain if all but
/// the figure were known (M. J. W. Jansen, Computer Physics Communications 117 (1999) 35).
struct Effect {
  std::string key;
  double first = 0;
  double total = 0;
};
/// Of the figures with these keys, in their order; (keys + 2) times as many evaluations as samples.
std::vector<Effect> effects(const Answer& answer, const Sampling& how, Metric m,
                            const std::vector<std::string>& keys);

}  // namespace perfmodel::uncertainty
