#include "sweep/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace perfmodel::sweep {
namespace {

bool before(const FrontPoint& a, const FrontPoint& b) {
  return std::tie(a.group, a.x, a.y, a.index) < std::tie(b.group, b.x, b.y, b.index);
}

/// Of sorted points those that no earlier one of their group dominates: y must fall.
void drop_dominated(std::vector<FrontPoint>& sorted) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool first = kept == 0 || sorted[kept - 1].group != sorted[i].group;
    if (first || sorted[i].y < sorted[kept - 1].y) sorted[kept++] = sorted[i];
  }
  sorted.resize(kept);
}

}  // namespace

void keep_front(std::vector<FrontPoint>& points) {
  std::erase_if(points,
                [](const FrontPoint& p) { return !std::isfinite(p.x) || !std::isfinite(p.y); });
  std::sort(points.begin(), points.end(), before);
  drop_dominated(points);
}

void Fronts::add(const std::vector<FrontPoint>& points) {
  for (auto begin = points.begin(); begin != points.end();) {
    const auto end = std::find_if(begin, points.end(),
                                  [&](const FrontPoint& p) { return p.group != begin->group; });
    auto& front = fronts_[begin->group];
    std::vector<FrontPoint> merged;
    merged.reserve(front.size() + static_cast<std::size_t>(end - begin));
    std::merge(front.begin(), front.end(), begin, end, std::back_inserter(merged), before);
    drop_dominated(merged);
    if (merged.size() > capacity_) {
      thinned_ = true;
      const auto last = merged.back();
      std::size_t kept = 0;
      for (std::size_t i = 0; i < merged.size(); i += 2) merged[kept++] = merged[i];
      merged.resize(kept);
      if (merged.back() != last) merged.push_back(last);
    }
    front = std::move(merged);
    begin = end;
  }
}

std::vector<FrontPoint> Fronts::points() const {
  std::vector<FrontPoint> r;
  for (const auto& [group, front] : fronts_) r.insert(r.end(), front.begin(), front.end());
  return r;
}

void Fronts::restore(const std::vector<FrontPoint>& points, bool thinned) {
  for (const auto& p : points) fronts_[p.group].push_back(p);
  thinned_ = thinned;
}

}  // namespace perfmodel::sweep
