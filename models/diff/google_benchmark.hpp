// Files that Google Benchmark writes to --benchmark_out, as one shape.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diff/source.hpp"

namespace perfmodel::diff {

/// Empty for a text that is neither of its CSV nor of its JSON. One row per repetition, columns
/// "benchmark", "real_time_ns", "cpu_time_ns", "error", "label" and the counters by their names.
/// Times are in nanoseconds whatever the time unit. Mean and median of repetitions are left out
/// where the repetitions are there, and stand for themselves where they are not
/// (--benchmark_report_aggregates_only); other aggregates are left out. A failed run has its error
/// and no numbers. Problems go to `diagnostics`, and then the listing has no rows.
std::optional<Listing> read_google_benchmark(std::string_view text, const std::string& file,
                                             spec::Diagnostics& diagnostics);

}  // namespace perfmodel::diff
