// A sweep's unit of work: a run of points, evaluated by one thread on its own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sweep_planner.hpp"
#include "cli/sweep_rows.hpp"
#include "sweep/evaluate.hpp"
#include "sweep/pareto.hpp"
#include "sweep/point.hpp"

namespace perfmodel::cli {

/// Points of a block. Small enough that many of them are in the air at once, large enough that
/// handing one over costs nothing beside its work: fewer where rows have intervals, each of which
/// takes as long as thousands of points.
std::uint64_t block_points(const sweep::Sweep& sweep);

struct Block {
  std::uint64_t number = 0;
  std::uint64_t ok = 0;                  // points with verdict ok that were kept
  std::string rows;                      // as CSV; empty where only a front is wanted
  std::vector<sweep::FrontPoint> front;  // of these points alone
};

/// For the way between processes of the same program; empty where the bytes did not arrive as they
/// were sent, as from a process that dies in the middle of it.
std::string to_bytes(const Block& block);
std::optional<Block> block_of(std::string_view bytes);

std::uint64_t block_count(const LoadedSweep& loaded);

/// Not to be shared between threads.
class BlockEvaluator {
 public:
  explicit BlockEvaluator(const LoadedSweep& sweep);

  /// Throws UsageError where an override does not suit a machine.
  Block evaluate(std::uint64_t number);
  /// The rows of single points, given by their indices, which do not fall.
  std::vector<std::string> rows(std::span<const std::uint64_t> indices);

 private:
  /// Evaluates points [begin, end) of one deployment into points_.
  void evaluate_part(std::uint64_t begin, std::uint64_t end);
  /// Single points of one deployment.
  void evaluate_points(std::span<const std::uint64_t> indices);
  void evaluate_asked();
  serving::Lengths lengths_at(const sweep::Place& place) const;
  /// The points just evaluated, of which `begin` is the first, as rows or for the front.
  void collect(std::uint64_t begin, Block& block);
  /// Intervals of those that become rows.
  void draw_intervals();
  const RowInterval* interval_of(std::size_t point) const;

  const LoadedSweep& loaded_;
  const sweep::Sweep& sweep_;
  Planner planner_;
  RowWriter writer_;
  std::optional<sweep::Grouping> grouping_;
  sweep::PointEvaluator points_of_;
  std::vector<serving::Point> asked_;
  std::vector<sweep::Place> lengths_;  // of the points that differ in the batch only
  std::vector<sweep::Point> points_;
  std::optional<RowIntervals> intervals_;
  std::vector<serving::Point> drawn_;            // points with an interval
  std::vector<RowInterval> intervals_of_drawn_;  // of these
  std::vector<std::size_t> which_interval_;      // of each point; kNone
  const PlannedSite* planned_ = nullptr;
  std::size_t longest_ = 0;  // rows of a block so far
};

}  // namespace perfmodel::cli
