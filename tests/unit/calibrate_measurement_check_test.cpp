// What a table of serving measurements must hold beyond what its reader needs.
#include <gtest/gtest.h>

#include "calibrate/measurement_check.hpp"

namespace perfmodel::calibrate {
namespace {

Measurement good() {
  Measurement m;
  m.file = "t.csv";
  m.line = 2;
  m.id = "run";
  m.date = "2026-02";
  m.mode = Mode::aggregated;
  m.mode_text = "aggregated";
  m.metric = Metric::tpot;
  m.metric_text = "tpot_ms";
  m.unit = "ms";
  return m;
}
std::string complaint(const std::vector<Measurement>& rows) {
  spec::Diagnostics d;
  check_measurements(rows, d);
  return d.to_string();
}

TEST(CheckMeasurements, PassesWhatIsRight) {
  auto other = good();
  other.metric = Metric::ttft;
  other.metric_text = "ttft_ms";
  auto undated = good();
  undated.id = "other";
  undated.date = "";
  auto offline = good();
  offline.id = "batch";
  offline.mode.reset();
  offline.mode_text = "offline";
  EXPECT_EQ(complaint({good(), other, undated, offline}), "");
}

TEST(CheckMeasurements, KnowsTheUnitOfEveryMetric) {
  const std::vector<std::string> units = {
      "ms", "ms", "ms", "ms", "tok/s", "tok/s", "tok/s", "tok/s", "tok/s", "s", "req/s", "W", "J"};
  for (std::size_t i = 0; i < kMetricNames.size(); ++i) {
    auto m = good();
    m.metric = static_cast<Metric>(i);
    m.metric_text = kMetricNames[i];
    m.unit = units.at(i);
    EXPECT_EQ(complaint({m}), "") << m.metric_text;
    m.unit = "furlong";
    EXPECT_EQ(complaint({m}), "t.csv:2:1: unit: 'furlong' is not the unit of " + m.metric_text +
                                  " (write " + units[i] + ")\n");
  }
}

TEST(CheckMeasurements, RefusesWhatIsWrong) {
  auto m = good();
  m.date = "2026-02 snapshot";
  EXPECT_EQ(complaint({m}),
            "t.csv:2:1: date: '2026-02 snapshot' is not a date "
            "(write YYYY, YYYY-MM or YYYY-MM-DD)\n");
  m = good();
  m.mode.reset();
  m.mode_text = "agregated";
  EXPECT_EQ(complaint({m}),
            "t.csv:2:1: mode: unknown mode 'agregated' (did you mean 'aggregated'?)\n");
  m = good();
  m.id = "";
  EXPECT_EQ(complaint({m, m}), "t.csv:2:1: id: is empty\nt.csv:2:1: id: is empty\n");
  m = good();
  m.file = "u.csv";
  m.line = 9;
  EXPECT_EQ(complaint({good(), m}),
            "u.csv:9:1: id: 'run' has its tpot_ms twice, first in t.csv:2\n");
}

}  // namespace
}  // namespace perfmodel::calibrate
