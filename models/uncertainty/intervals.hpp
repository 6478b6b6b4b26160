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
};
Samples sample(const Answer& answer, const Sampling& how);

/// Factors on the answer, p10 <= p50 <= p90. The medians differ from one where ranges are lopsided.
struct Interval {
  double p10 = 1, p50 = 1, p90 = 1;
};
PerMetric<Interval> intervals(const Samples& samples);

/// Share of the samples in which `a` turns out more than `b`, by a metric of which the answers are
/// `a_answer` and `b_answer`; draws with one seed and as many samples. Equal ones count half.
double chance_above(const Samples& a, double a_answer, const Samples& b, double b_answer, Metric m);

/// What one figure alone does to the answer, at the ends of its range: ln(there / answer).
struct Swing {
  std::string key;  // of the figure's draws
  std::string path;
  spec::Grade grade = spec::Grade::assumed;
  Side side = Side::hardware;
  PerMetric<double> at_low{}, at_high{};

  double width(Metric m) const;  // between the two ends, without sign
};
/// Of every figure with a range, in the order of Specs::knobs.
std::vector<Swing> swings(const Answer& answer);

}  // namespace perfmodel::uncertainty
