// Points as CSV records, fast: what a deployment's points share is formatted once.
#pragma once

#include <string>

#include "cli/sweep_intervals.hpp"
#include "cli/sweep_planner.hpp"
#include "sweep/metrics.hpp"

namespace perfmodel::cli {

/// Names of all columns, as a record.
std::string sweep_header(const sweep::Sweep& sweep);

/// Numbers are written in single precision: seven digits that read back as the same float.
class RowWriter {
 public:
  explicit RowWriter(const sweep::Sweep& sweep);

  /// What the rows that follow have in common. `planned` has to live until they are written.
  void begin_plan(const PlannedSite& planned);
  void begin_lengths(const sweep::Place& place);
  /// `interval`: where the sweep draws samples and the point has numbers.
  void write(const sweep::Point& point, const RowInterval* interval, std::string& out);

 private:
  void write_interval(const sweep::Point& point, const RowInterval* interval, std::string& out);

  const sweep::Sweep& sweep_;
  std::vector<UncertainColumn> uncertain_;
  std::string missed_ttft_, missed_tpot_, missed_both_, too_long_, infeasible_, machine_;
  std::string prefix_, numbers_;
  const PlannedSite* planned_ = nullptr;
};

}  // namespace perfmodel::cli
