// The accuracy that results/published shows must not get worse unnoticed.
// PERFMODEL_UPDATE_GOLDEN=1 rewrites tests/golden/accuracy.csv.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calibrate/run.hpp"
#include "calibrate/statistics.hpp"
#include "cli/measurements.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::calibrate {
namespace {

const std::string kGolden = std::string(PERFMODEL_TEST_DIR) + "/../golden/accuracy.csv";

struct Slice {
  const char* name;
  bool (*holds)(const Measurement&);
};
const std::vector<Slice> kSlices = {
    {"tpot aggregated",
     [](const Measurement& m) { return m.metric == Metric::tpot && m.mode == Mode::aggregated; }},
    {"tpot disaggregated",
     [](const Measurement& m) {
       return m.metric == Metric::tpot && m.mode == Mode::disaggregated;
     }},
    {"output rate aggregated",
     [](const Measurement& m) {
       return m.metric == Metric::output_per_chip && m.mode == Mode::aggregated;
     }},
    {"static batch", [](const Measurement& m) { return m.mode == Mode::static_batch; }},
    {"offline", [](const Measurement& m) { return m.mode == Mode::offline_max; }},
    {"decode only", [](const Measurement& m) { return m.mode == Mode::decode_only; }},
    {"prefill only", [](const Measurement& m) { return m.mode == Mode::prefill_only; }},
};

struct Validation {
  std::size_t rows = 0, predicted = 0;
  std::vector<std::string> without_reason;
  std::map<std::string, std::vector<Pair>> slices;
};

/// As `perfmodel validate` does.
const Validation& validation() {
  static const Validation all = [] {
    Validation v;
    const auto& catalog = test::catalog();
    const auto rows = cli::load_measurements(cli::published_files(catalog));
    const cli::StackShelf shelf(catalog, "");
    cli::CatalogLibrary library(catalog);
    v.rows = rows.size();
    std::map<std::string, std::pair<spec::Outcome<Run>, spec::Outcome<Prediction>>> known;
    for (const auto& m : rows) {
      const auto& stack = shelf.for_row(m);
      const auto key = cli::run_key(m);
      auto at = known.find(key);
      if (at == known.end()) {
        auto run = express(m, library, stack);
        auto p = run ? predict(*run, stack) : spec::Outcome<Prediction>(run.error());
        at = known.emplace(key, std::make_pair(std::move(run), std::move(p))).first;
      }
      const auto& [run, prediction] = at->second;
      const auto value = prediction ? value_of(*prediction, *run, *m.metric)
                                    : spec::Outcome<double>(prediction.error());
      if (!value) {
        if (value.error().reason.empty())
          v.without_reason.push_back(fmt::format("{}:{}", m.file, m.line));
        continue;
      }
      ++v.predicted;
      for (const auto& s : kSlices)
        if (s.holds(m)) v.slices[s.name].push_back({m.value, *value});
    }
    return v;
  }();
  return all;
}

TEST(Accuracy, MostRowsAreExpressedAndTheOthersSayWhyNot) {
  const auto& v = validation();
  ASSERT_GT(v.rows, 0u);
  EXPECT_GE(static_cast<double>(v.predicted), 0.8 * static_cast<double>(v.rows));
  EXPECT_TRUE(v.without_reason.empty()) << v.without_reason.front();
}

TEST(Accuracy, IsNoWorseThanRecorded) {
  const auto& v = validation();
  std::map<std::string, Errors> now;
  std::string text = "slice,n,median,mean,p90\n";
  for (const auto& s : kSlices) {
    const auto at = v.slices.find(s.name);
    ASSERT_NE(at, v.slices.end()) << s.name;
    const auto e = now[s.name] = errors_of(at->second);
    text += fmt::format("{},{},{:.4f},{:.4f},{:.4f}\n", s.name, e.count, e.median, e.mean, e.p90);
  }
  if (std::getenv("PERFMODEL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(kGolden, std::ios::binary) << text;
    return;
  }
  std::ifstream in(kGolden, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), {}};
  spec::Diagnostics d;
  const auto table = parse_csv(golden, kGolden, d);
  ASSERT_TRUE(d.empty()) << d.to_string();
  ASSERT_EQ(table.header, (std::vector<std::string>{"slice", "n", "median", "mean", "p90"}));
  ASSERT_EQ(table.rows.size(), kSlices.size());
  for (const auto& row : table.rows) {
    ASSERT_EQ(now.count(row.fields[0]), 1u) << row.fields[0];
    const auto& e = now.at(row.fields[0]);
    const char* hint = ": if the change is meant, run with PERFMODEL_UPDATE_GOLDEN=1";
    EXPECT_LE(e.median, std::stod(row.fields[2]) + 0.01) << row.fields[0] << hint;
    EXPECT_LE(e.mean, std::stod(row.fields[3]) + 0.02) << row.fields[0] << hint;
    // Rows that stopped being predicted are not an improvement.
    EXPECT_GE(static_cast<double>(e.count), 0.98 * std::stod(row.fields[1]))
        << row.fields[0] << hint;
  }
}

}  // namespace
}  // namespace perfmodel::calibrate
