// What sampling one answer (intervals.hpp) and many points of a deployment (points.hpp) have in
// common.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "uncertainty/intervals.hpp"

namespace perfmodel::uncertainty {

/// ln(a / b); 0 where that is no number.
double log_ratio(double a, double b);
PerMetric<double> log_ratio(const PerMetric<double>& a, const PerMetric<double>& b);

/// An engine's numbers; `engines` of it.
PerMetric<double> numbers_of(const serving::Steady& steady, double engines);

/// Fills the numbers of each answer as the figures stand.
using Evaluate = std::function<void(std::span<PerMetric<double>>)>;
/// By answer, then figure. Leaves the figures as they were.
std::vector<std::vector<Reach>> reaches(Specs& specs, std::size_t answers,
                                        const Evaluate& evaluate);

/// Whether that is more than rounding.
bool moves(const PerMetric<double>& log_ratio);
/// Whether a figure is drawn that has this reach: it does something, or may on another bin, or to
/// what fits.
bool is_drawn(const Knob& knob, const Reach& reach);

/// What the draws of fitted figures leave of the discrepancy; `fitted`: the variance of each
/// number's logarithm that they make, to first order.
PerMetric<Discrepancy> net(const PerMetric<Discrepancy>& discrepancy,
                           const PerMetric<double>& fitted);

/// The model's own error as draws from the standard normal distribution, the part of the software
/// and that of the system added. Metrics of one group have one draw; times grow with it, rates
/// fall.
struct ErrorDraws {
  std::vector<double> prefill, decode;

  ErrorDraws(const cost::Stack& stack, const hw::Chip& chip, double common, const Sampling& how);
  const std::vector<double>& of(Metric m) const;
};
double sign_of(Metric m);

/// Share of the samples, given as ln(sample / answer), that keep the promise.
double share_kept(const serving::Slo& slo, Time ttft, Time tpot, std::span<const double> log_ttft,
                  std::span<const double> log_tpot);

/// Of samples as ln(sample / answer), which are put in another order.
Interval interval_of(std::span<double> log_ratio);

}  // namespace perfmodel::uncertainty
