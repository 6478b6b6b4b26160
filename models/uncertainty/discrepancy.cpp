#include "uncertainty/discrepancy.hpp"

#include <algorithm>
#include <cmath>

#include "uncertainty/spread.hpp"

namespace perfmodel::uncertainty {
namespace {

constexpr double kZ75 =
    0.6744897501960817;          // |z| has its median here, and its 90th percentile at kZ95
constexpr double kLeast = 1e-4;  // of an error, whose logarithm is taken
/// Of an error below, where the logarithm goes to infinity.
constexpr double kMostBelow = 0.9;
constexpr double kMostTail = 0.6;

double logarithmic(double q) {
  return 0.5 * (std::log1p(q) - std::log1p(-std::min(q, kMostBelow)));
}

}  // namespace

double Discrepancy::at(double z) const {
  return scale * z * std::exp(0.5 * tail * z * z);
}

double Discrepancy::within(double share) const {
  return at(normal_quantile(0.5 + 0.5 * share));
}

Discrepancy discrepancy_of(double median, double p90, double bias) {
  const double off = std::abs(std::log(bias));
  const double q50 = std::max({logarithmic(median), off, kLeast});
  const double q90 = std::max({logarithmic(p90), 2.0 * off, q50});
  Discrepancy d;
  d.tail = std::clamp(2.0 * std::log((q90 / q50) / (kZ95 / kZ75)) / (kZ95 * kZ95 - kZ75 * kZ75),
                      0.0, kMostTail);
  d.scale = q90 / (kZ95 * std::exp(0.5 * d.tail * kZ95 * kZ95));
  return d;
}

Discrepancy discrepancy_of(const cost::Residual* own, const cost::Residual* all) {
  if (own == nullptr && all == nullptr) return {};
  if (own == nullptr) return discrepancy_of(all->median, all->p90, all->bias);
  if (all == nullptr) return discrepancy_of(own->median, own->p90, own->bias);
  const double rows = static_cast<double>(own->rows);
  const double weight = rows / (rows + kPull);
  const auto pulled = [&](double a, double b) {
    return std::pow(std::max(a, kLeast), weight) * std::pow(std::max(b, kLeast), 1.0 - weight);
  };
  return discrepancy_of(pulled(own->median, all->median), pulled(own->p90, all->p90),
                        std::exp(weight * std::abs(std::log(own->bias)) +
                                 (1.0 - weight) * std::abs(std::log(all->bias))));
}

const cost::Residual* find_residual(std::span<const cost::Residual> all, cost::LeftOut left_out,
                                    cost::Measured of) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const cost::Residual& r) {
    return r.left_out == left_out && r.of == of;
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace perfmodel::uncertainty
