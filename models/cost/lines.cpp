#include "cost/lines.hpp"

#include <algorithm>

namespace perfmodel::cost {

Time Lines::at(double x) const {
  Time t = Time::infinity();
  for (const auto& l : lines_) t = min(t, l.at_zero + l.slope * x);
  return t;
}

Lines& Lines::operator+=(Time t) {
  for (auto& l : lines_) l.at_zero += t;
  return *this;
}

Lines& Lines::operator+=(const Lines& o) {
  if (o.lines_.size() == 1) {
    // Moves all lines alike, so that the same ones stay the least.
    const auto by = o.lines_.front();
    for (auto& l : lines_) {
      l.at_zero += by.at_zero;
      l.slope += by.slope;
    }
    return *this;
  }
  std::vector<Line> sums;
  sums.reserve(lines_.size() * o.lines_.size());
  for (const auto& a : lines_)
    for (const auto& b : o.lines_) sums.push_back({a.at_zero + b.at_zero, a.slope + b.slope});
  lines_ = std::move(sums);
  prune();
  return *this;
}

Lines& Lines::operator*=(double factor) {
  for (auto& l : lines_) {
    l.at_zero *= factor;
    l.slope *= factor;
  }
  return *this;
}

Lines min(Lines a, const Lines& b) {
  a.lines_.insert(a.lines_.end(), b.lines_.begin(), b.lines_.end());
  a.prune();
  return a;
}

/// The lower envelope: by rising value at zero only flatter lines can be least further out, and a
/// line between two others is least nowhere if it meets the later one before the earlier.
void Lines::prune() {
  std::sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
    return a.at_zero != b.at_zero ? a.at_zero < b.at_zero : a.slope < b.slope;
  });
  std::size_t kept = 0;
  for (const auto l : lines_) {
    if (kept > 0 && l.slope >= lines_[kept - 1].slope) continue;
    while (kept > 1) {
      const auto& before = lines_[kept - 2];
      const auto& last = lines_[kept - 1];
      if ((l.at_zero - last.at_zero) * (before.slope - last.slope) >
          (last.at_zero - before.at_zero) * (last.slope - l.slope))
        break;
      --kept;
    }
    lines_[kept++] = l;
  }
  lines_.resize(kept);
}

}  // namespace perfmodel::cost
