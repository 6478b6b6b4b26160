// Intervals of many points of one deployment, as sweeps need them: those that `sample` and
// `intervals` (intervals.hpp) give for each of them, to rounding, at a small part of the time.
//
// A draw is the same for all points: figures are set once, the machine is built and the plan is
// compiled for it once, and all points are evaluated side by side.
//
//   PointSampler sampler(site, stack, {discrepancy, common}, {.samples = 1024, .seed = 1});
//   std::vector<serving::Point> asked = ...;            // of one plan, any number
//   std::vector<PointIntervals> answers(asked.size());
//   sampler.sample(plan, accepted, slo, asked, answers);
#pragma once

#include <span>
#include <vector>

#include "serving/points.hpp"
#include "uncertainty/sampling.hpp"

namespace perfmodel::uncertainty {

/// The model's own error, as Answer has it.
struct ModelError {
  PerMetric<Discrepancy> discrepancy{};
  double common = 0;
};

struct PointIntervals {
  PerMetric<Interval> interval;  // factors on the point's own numbers
  double fits = 1;               // as Samples has them
  double keeps = 1;
};

/// For one machine under one profile, which it copies. Not to be shared between threads.
class PointSampler {
 public:
  /// Of how.threads and how.known nothing is taken.
  PointSampler(const search::Site& site, const cost::Stack& stack, const ModelError& error,
               const Sampling& how);

  /// Fills out[i] for asked[i]; spans of equal size. `accepted`: mean drafts accepted a step.
  void sample(const phase::Plan& plan, double accepted, const serving::Slo& slo,
              std::span<const serving::Point> asked, std::span<PointIntervals> out);

 private:
  class Bench;
  using Which = std::vector<std::size_t>;

  void sample_part(Bench& bench, const serving::Slo& slo, std::span<const serving::Point> asked,
                   std::span<PointIntervals> out);
  /// Samples of the bench's points, for which the figures `knobs` are drawn.
  void draw(Bench& bench, const Which& knobs);
  void set_figures(const Which& knobs, std::size_t draw);
  const std::vector<double>& draws_of_knob(std::size_t knob);
  const std::vector<double>& values_of(std::size_t knob);
  PointIntervals summed_up(const Bench& bench, std::size_t point, const serving::Slo& slo,
                           const std::vector<Reach>& reach);

  Specs specs_;
  ModelError error_;
  std::size_t samples_;
  std::uint64_t seed_;
  /// By metric: the discrepancy of scale one at each draw, with its sign.
  PerMetric<std::vector<double>> unit_error_;
  /// By figure: its draws, and its values at them on the site's own chip. Empty until asked for.
  std::vector<std::vector<double>> draws_, values_;
  /// Of one part: by metric, point and sample, ln(sample / answer); and how many samples fit.
  PerMetric<std::vector<double>> log_ratio_;
  std::vector<double> fit_;
};

}  // namespace perfmodel::uncertainty
