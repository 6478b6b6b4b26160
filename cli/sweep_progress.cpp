#include "cli/sweep_progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "report/numbers.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {
constexpr auto kPeriod = std::chrono::milliseconds(200);
constexpr const char* kClear = "\r\x1b[K";
}  // namespace

SweepProgress::SweepProgress(std::uint64_t points, std::uint64_t before)
    : points_(points), before_(before), terminal_(::isatty(STDERR_FILENO) == 1) {}

SweepProgress::~SweepProgress() {
  if (shown_) std::fputs(kClear, stderr);
}

void SweepProgress::show(std::uint64_t done) {
  const auto now = Clock::now();
  if (!terminal_ || now < next_ || done <= before_) return;
  next_ = now + kPeriod;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double rate = static_cast<double>(done - before_) / seconds;
  const double share = static_cast<double>(done) / static_cast<double>(points_);
  const auto left = Time::from_base(static_cast<double>(points_ - done) / rate);
  const auto line = fmt::format("{}{} of {} points, {}/s, {} left", kClear, report::percent(share),
                                report::whole(static_cast<double>(points_)),
                                report::number(rate, 3), report::time_text(left, 2));
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace perfmodel::cli
