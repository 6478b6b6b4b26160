// The points of a sweep by their number. A point is decoded from its index, so that a sweep takes
// the same memory whatever its size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace perfmodel::sweep {

/// Slowest first. The axes before `input` choose a deployment, which is compiled once; the rest is
/// arithmetic on it. `system` is a chip or a system; `overrides` the product of all `set` axes.
/// What the number of devices depends on comes before the model, as the deployments follow from
/// both.
enum class Axis : std::uint8_t {
  system,
  count,
  dies,
  llm,
  memory,
  clock,
  native,
  overrides,
  link_scale,
  stack,
  weights,
  kv,
  compute,
  speculate,
  parallel,
  input,
  output,
  prefix_hit,
  batch,
};
inline constexpr std::array<std::string_view, 19> kAxisNames = {
    "system",   "count",      "dies",   "llm",        "memory", "clock",   "native",
    "set",      "link_scale", "stack",  "weights",    "kv",     "compute", "speculate",
    "parallel", "input",      "output", "prefix_hit", "batch"};
inline constexpr std::size_t kAxes = kAxisNames.size();
constexpr std::size_t index(Axis a) {
  return static_cast<std::size_t>(a);
}

/// Which value of each axis, from 0.
struct Place {
  std::array<std::uint32_t, kAxes> digits{};
  std::uint32_t at(Axis a) const { return digits[index(a)]; }
  bool operator==(const Place&) const = default;
};

/// Numbers of values to a digit each; the last digit is the fastest.
class MixedRadix {
 public:
  explicit MixedRadix(std::vector<std::uint32_t> sizes);
  std::uint64_t size() const { return size_; }
  /// The digits of `n` < size(), into `digits`, which has room for them.
  void decode(std::uint64_t n, std::uint32_t* digits) const;
  std::uint64_t encode(const std::uint32_t* digits) const;

 private:
  std::vector<std::uint32_t> sizes_;
  std::uint64_t size_ = 1;
};

/// Beyond this nothing is finished in a lifetime, and products of sizes stay exact.
inline constexpr double kMaxPoints = 1e15;

class Space {
 public:
  /// `sizes` by Axis, all at least 1, but for `parallel`, whose size depends on the model and the
  /// machine: `deployments` has it by system, count, dies and llm, the last the fastest. It may be
  /// 0. Empty if there are more than kMaxPoints points.
  static std::optional<Space> make(const std::array<std::uint32_t, kAxes>& sizes,
                                   std::vector<std::uint32_t> deployments);

  std::uint64_t points() const { return plans() * plan_size(); }
  /// Deployments; the points of one lie side by side.
  std::uint64_t plans() const { return starts_.back(); }
  std::uint64_t plan_size() const { return fast_.size(); }

  /// The slow digits of a deployment, the fast ones zero.
  Place plan(std::uint64_t number) const;
  /// The fast digits of the point `within` a deployment.
  void locate(std::uint64_t within, Place& place) const;
  Place point(std::uint64_t number) const;

 private:
  Space(const std::array<std::uint32_t, kAxes>& sizes, std::vector<std::uint32_t> deployments);

  MixedRadix sites_;   // system, count, dies, llm
  MixedRadix middle_;  // memory ... speculate
  MixedRadix fast_;    // input ... batch
  std::vector<std::uint32_t> deployments_;
  std::vector<std::uint64_t> starts_;  // first plan of each site, and the number of all
};

/// Points by the values of some axes: a number for every combination, below `count()`.
class Grouping {
 public:
  /// Not by `parallel`, whose values mean another thing for every system and model.
  Grouping(const std::array<std::uint32_t, kAxes>& sizes, std::vector<Axis> by);
  std::uint64_t count() const { return radix_.size(); }
  std::uint64_t of(const Place& place) const;

 private:
  std::vector<Axis> by_;
  MixedRadix radix_;
};

}  // namespace perfmodel::sweep
