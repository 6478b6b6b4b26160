#include "kernels/transformer/divergence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace perfmodel::kernels {

namespace {

/// ln of the sum of e^x.
template <class T>
double log_sum(std::span<const T> x) {
  const auto largest = static_cast<double>(*std::max_element(x.begin(), x.end()));
  double sum = 0.0;
  for (const T v : x) sum += std::exp(static_cast<double>(v) - largest);
  return largest + std::log(sum);
}

}  // namespace

LogitDivergence logit_divergence(std::span<const double> reference, std::span<const float> logits,
                                 std::int64_t vocabulary) {
  const auto columns = static_cast<std::size_t>(std::max<std::int64_t>(vocabulary, 0));
  if (columns == 0 || reference.empty() || reference.size() != logits.size() ||
      reference.size() % columns != 0)
    throw std::invalid_argument("divergence: rows of logits of equal number are needed");
  LogitDivergence d;
  double squares = 0.0, differences = 0.0, same = 0.0;
  const std::size_t rows = reference.size() / columns;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto p = reference.subspan(r * columns, columns);
    const auto q = logits.subspan(r * columns, columns);
    const double p_sum = log_sum(p), q_sum = log_sum(q);
    double kl = 0.0;
    for (std::size_t i = 0; i < columns; ++i) {
      const double difference = static_cast<double>(q[i]) - p[i];
      kl += std::exp(p[i] - p_sum) * (q_sum - p_sum - difference);
      squares += p[i] * p[i];
      differences += difference * difference;
      const double size = std::fabs(difference);
      if (!(size <= d.max_difference))
        d.max_difference = std::isnan(size) ? std::numeric_limits<double>::infinity() : size;
    }
    d.mean_kl += kl / static_cast<double>(rows);
    d.max_kl = r == 0 ? kl : std::max(d.max_kl, kl);
    const auto top = [](auto row) {
      return std::max_element(row.begin(), row.end()) - row.begin();
    };
    same += top(p) == top(q) ? 1.0 : 0.0;
  }
  d.relative_rms = std::sqrt(differences / squares);
  d.same_top = same / static_cast<double>(rows);
  return d;
}

}  // namespace perfmodel::kernels
