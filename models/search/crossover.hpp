// Where one system overtakes another as users ask for more tokens per second each.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "units/quantity.hpp"

namespace perfmodel::search {

/// Best rate at an interactivity (tokens per second of one user, 1 / TPOT), empty beyond reach. It
/// never rises with interactivity: a tighter promise allows no more deployments.
using RateAt = std::function<std::optional<Frequency>(Frequency interactivity)>;

/// Interactivities looked at, and the rate at each.
struct RateCurve {
  std::vector<Frequency> at;
  std::vector<std::optional<Frequency>> rate;
  RateAt exact;
};

/// `per_decade` steps from `low` to `high`, both included.
RateCurve rate_curve(RateAt exact, Frequency low, Frequency high, int per_decade);

/// The fastest interactivity that is kept, to 0.5 %; empty if none of those looked at is. The
/// highest of them if that is kept too.
std::optional<Frequency> reach(const RateCurve& curve);

/// From here on the first system (or the second) turns out more.
struct Crossing {
  Frequency at{};
  bool first = false;     // who leads beyond
  bool by_reach = false;  // because the other's reach ends there
};

/// Changes of the lead, by rising interactivity. A lead is one of more than 1 %: what is closer
/// than that is a draw, which changes nothing, so that two near-equal curves do not cross at every
/// step of a batch. Looks at the points that both curves share, then halves the interval to 0.5 %;
/// two changes between neighbouring points cancel and are not seen.
std::vector<Crossing> crossings(const RateCurve& first, const RateCurve& second);

}  // namespace perfmodel::search
