// A line on a terminal that says how far a sweep is; nothing where standard error is none.
#pragma once

#include <chrono>
#include <cstdint>

namespace perfmodel::cli {

class SweepProgress {
 public:
  /// `before` of `points` were done by an earlier run.
  SweepProgress(std::uint64_t points, std::uint64_t before);
  ~SweepProgress();  // clears the line
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  void show(std::uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t points_, before_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
};

}  // namespace perfmodel::cli
