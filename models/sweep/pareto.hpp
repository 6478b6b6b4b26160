// Which of many points no other one beats in two metrics at once, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace perfmodel::sweep {

/// Smaller is better in both coordinates: a metric of which more is better goes in with its sign
/// turned. A point is dominated by one that is nowhere larger and somewhere smaller, or equal with
/// a lower index.
struct FrontPoint {
  std::uint64_t group = 0;
  std::uint64_t index = 0;  // of the point in its sweep
  double x = 0;
  double y = 0;

  bool operator==(const FrontPoint&) const = default;
};

/// Sorts by group and x and drops what others of the same group dominate. Points with a coordinate
/// that is not finite are no candidates.
void keep_front(std::vector<FrontPoint>& points);

/// The fronts of all groups, at most `capacity` points each. A front that outgrows that is thinned:
/// every second point goes, the two ends stay. What is left depends on the order of the calls of
/// `add`, and on nothing else.
class Fronts {
 public:
  explicit Fronts(std::size_t capacity) : capacity_(capacity) {}
  /// `points` as keep_front leaves them.
  void add(const std::vector<FrontPoint>& points);
  /// By group, then x.
  std::vector<FrontPoint> points() const;
  bool thinned() const { return thinned_; }
  /// As saved by points() and thinned().
  void restore(const std::vector<FrontPoint>& points, bool thinned);

 private:
  std::size_t capacity_;
  bool thinned_ = false;
  std::map<std::uint64_t, std::vector<FrontPoint>> fronts_;
};

}  // namespace perfmodel::sweep
