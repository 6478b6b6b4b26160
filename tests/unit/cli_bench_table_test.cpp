// Measured kernels as a table, from made-up results.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "cli/bench_table.hpp"

namespace perfmodel::cli {
namespace {

kernels::Result result_of(const char* name) {
  kernels::Result r;
  r.what = {kernels::descriptor_named(name), {}, {kernels::Tier::scalar, ""}, 1};
  r.seconds = {1e-3, 1e-3, 1e-3};
  r.canary = {1.0, 1.0, 1.0};
  return r;
}

TEST(BenchTable, MarksErrorsBeyondTheStatedBound) {
  auto r = result_of("gemv/bf16/bf16");
  EXPECT_FALSE(exceeds_bound(r)) << "not measured";
  const double bound = r.what.kernel->max_error_of(kernels::Tier::scalar);
  r.error = bound;
  EXPECT_FALSE(exceeds_bound(r));
  EXPECT_EQ(bench_table({r}).find('!'), std::string::npos);
  for (const double error : {2 * bound, std::nan("")}) {
    r.error = error;
    EXPECT_TRUE(exceeds_bound(r));
    EXPECT_NE(bench_table({r}).find(" > 1e-06!"), std::string::npos) << bench_table({r});
  }
}

TEST(BenchTable, ShowsNoRatesWhereNothingIsRead) {
  const auto table = bench_table({result_of("sync/barrier")});
  const auto row = table.substr(table.find("sync/barrier"));
  // GB/s, GFLOP/s, of read, of roof, error.
  EXPECT_EQ(std::count(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(row.find('\n')), '-'),
            5)
      << table;
  EXPECT_NE(table.find("sync: the time is that of all m"), std::string::npos) << table;
  EXPECT_EQ(bench_table({result_of("gemv/bf16/bf16")}).find("sync"), std::string::npos);
}

}  // namespace
}  // namespace perfmodel::cli
