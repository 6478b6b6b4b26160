#include "search/crossover.hpp"

#include <cmath>
#include <utility>

namespace perfmodel::search {
namespace {

constexpr double kLead = 1.01;
constexpr double kPrecision = 1.005;

using Rate = std::optional<Frequency>;

/// 1 where the first leads, -1 where the second does, 0 for a draw.
int leader(const Rate& first, const Rate& second) {
  if (!first || !second) return (first ? 1 : 0) - (second ? 1 : 0);
  if (*first > *second * kLead) return 1;
  return *second > *first * kLead ? -1 : 0;
}

bool ahead(const Rate& leading, const Rate& other) {
  return leading && (!other || *leading > *other);
}

/// The interactivity between `low` and `high` where `beyond` becomes true, by halving ratios.
template <class Beyond>
Frequency boundary(Frequency low, Frequency high, const Beyond& beyond) {
  while (high / low > kPrecision) {
    const auto middle = low * std::sqrt(high / low);
    (beyond(middle) ? high : low) = middle;
  }
  return low * std::sqrt(high / low);
}

}  // namespace

RateCurve rate_curve(RateAt exact, Frequency low, Frequency high, int per_decade) {
  RateCurve c;
  const auto steps = static_cast<int>(std::ceil(std::log10(high / low) * per_decade));
  for (int i = 0; i <= steps; ++i)
    c.at.push_back(low * std::pow(high / low, static_cast<double>(i) / steps));
  c.rate.assign(c.at.size(), std::nullopt);
  // Beyond the first promise that is not kept, none is.
  for (std::size_t i = 0; i < c.at.size(); ++i) {
    c.rate[i] = exact(c.at[i]);
    if (!c.rate[i]) break;
  }
  c.exact = std::move(exact);
  return c;
}

std::optional<Frequency> reach(const RateCurve& curve) {
  std::size_t kept = 0;
  while (kept < curve.rate.size() && curve.rate[kept]) ++kept;
  if (kept == 0) return std::nullopt;
  if (kept == curve.rate.size()) return curve.at.back();
  return boundary(curve.at[kept - 1], curve.at[kept], [&](Frequency f) { return !curve.exact(f); });
}

std::vector<Crossing> crossings(const RateCurve& first, const RateCurve& second) {
  std::vector<Crossing> found;
  int led = 0;
  std::size_t since = 0;  // the last point where `led` did
  for (std::size_t i = 0; i < first.at.size(); ++i) {
    const int now = leader(first.rate[i], second.rate[i]);
    if (now == 0) continue;
    if (led != 0 && now != led) {
      const auto& leading = now > 0 ? first : second;
      const auto& other = now > 0 ? second : first;
      const auto at = boundary(first.at[since], first.at[i], [&](Frequency f) {
        return ahead(leading.exact(f), other.exact(f));
      });
      const bool alone = !other.exact(at * kPrecision);
      found.push_back({at, now > 0, alone});
    }
    led = now;
    since = i;
  }
  return found;
}

}  // namespace perfmodel::search
