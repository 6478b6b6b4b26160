// A few answers in full. PERFMODEL_UPDATE_GOLDEN=1 rewrites them; the invariants beside each must
// hold for whatever is written.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"

namespace perfmodel::black_box {
namespace {

struct Golden {
  std::string name;  // of the files, less the extension
  std::vector<std::string> question;
  std::string banner;  // within the first, if it needs one
  double parameters;   // published total
  double chips;
};
std::ostream& operator<<(std::ostream& out, const Golden& g) {
  return out << g.name;
}

const std::vector<Golden> kGoldens = {
    {"ascend910d", {"--chip", "ascend910d"}, "never launched", 671e9, 384},
    {"cloudmatrix384-deepseek-r1",
     {"--system", "cloudmatrix384", "--llm", "deepseek-r1", "--input", "4096", "--output", "1024",
      "--weights", "int8"},
     "",
     671e9,
     384},
    {"h100-llama-3.1-70b", {"--chip", "h100", "--llm", "llama-3.1-70b"}, "", 70.6e9, 8},
};

/// Without what says of which state of the tree it is: the revision and the checksums.
std::string without_state(std::string text) {
  for (const std::string key : {"\"revision\": \"", "\"sha256\": \""}) {
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at)) {
      at += key.size();
      text.replace(at, text.find('"', at) - at, "*");
    }
  }
  return text;
}

class Answer : public ::testing::TestWithParam<Golden> {
 protected:
  static std::string ask(const std::string& format) {
    std::vector<std::string> words = {"estimate"};
    words.insert(words.end(), GetParam().question.begin(), GetParam().question.end());
    words.insert(words.end(), {"--format", format});
    const auto r = run(words);
    EXPECT_EQ(r.status, 0) << r.text();
    EXPECT_EQ(r.err, "");
    return r.out;
  }
};

TEST_P(Answer, IsAsRecorded) {
  for (const std::string format : {"csv", "json"}) {
    const auto path = std::filesystem::path(PERFMODEL_TEST_DIR) / (GetParam().name + "." + format);
    const auto answer = without_state(ask(format));
    if (std::getenv("PERFMODEL_UPDATE_GOLDEN") != nullptr) {
      spill(path, answer);
      continue;
    }
    EXPECT_EQ(answer, slurp(path))
        << path.filename() << ": if the change is meant, run with PERFMODEL_UPDATE_GOLDEN=1";
  }
}

/// What must be true of the answer whatever the numbers are.
TEST_P(Answer, KeepsTheInvariants) {
  const auto rows = parse_csv(ask("csv"));
  ASSERT_GE(rows.size(), 2u);
  for (std::size_t at = 1; at < rows.size(); ++at) {
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < rows[0].size(); ++i) row[rows[0][i]] = rows[at][i];
    const auto number = [&](const std::string& column) {
      EXPECT_EQ(row.count(column), 1u) << "no column " << column;
      return std::atof(row[column].c_str());
    };
    if (row["verdict"] != "feasible") continue;
    // Rates per chip and of the system agree, TPOT keeps its promise, and TTFT too.
    EXPECT_NEAR(number("output_tokens_per_s_per_chip") * number("chips") /
                    number("output_tokens_per_s_system"),
                1.0, 1e-3);
    EXPECT_LE(number("tpot_ms"), number("slo_tpot_ms"));
    EXPECT_LE(number("ttft_ms"), number("slo_ttft_ms"));
    // No system turns out more than its sequences can at that TPOT.
    EXPECT_LE(number("output_tokens_per_s_system"),
              number("concurrency") / number("tpot_ms") * 1e3 * 1.001);
    if (at > 1) continue;
    EXPECT_EQ(number("chips"), GetParam().chips);
    EXPECT_LE(number("chips_used"), number("chips"));
    EXPECT_EQ(number("tp") * number("pp") * number("dp"), number("engine_devices"));
    EXPECT_LE(number("engines") * number("engine_devices"),
              number("chips") * number("devices_per_chip"));
    EXPECT_LE(number("concurrency"), number("batch_per_rank") * number("dp") * number("engines"));
    EXPECT_LE(number("output_tokens_per_s_system"), number("decode_only_tokens_per_s_system"));
  }
}

TEST_P(Answer, SaysWhatTheRecordedModelIs) {
  const auto object = nlohmann::json::parse(ask("json"), nullptr, false);
  ASSERT_TRUE(object.is_object());
  const auto text = object.dump();
  if (!GetParam().banner.empty()) {
    EXPECT_NE(text.find(GetParam().banner), std::string::npos);
  }
  EXPECT_EQ(text.find("null,null"), std::string::npos);
  // As a word: "provenance" holds it too.
  for (const char* number : {"\"nan", " nan", "-nan"})
    EXPECT_EQ(text.find(number), std::string::npos) << number;
  // The counted parameters are within a percent of the published ones.
  double total = 0;
  const std::function<void(const nlohmann::json&)> look = [&](const nlohmann::json& j) {
    for (const auto& [key, value] : j.items()) {
      if (key.find("parameters_total") != std::string::npos ||
          (key == "total" && value.is_number() && value.get<double>() > 1e9))
        total = value.get<double>();
      if (value.is_structured()) look(value);
    }
  };
  look(object);
  EXPECT_NEAR(total / GetParam().parameters, 1.0, 0.01) << total;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Answer, ::testing::ValuesIn(kGoldens),
                         [](const auto& named) { return plain(named.param.name); });

/// Its invariants are in tests/cli/compare_test.cpp: factors multiply to the ratio, and the rest.
TEST(Comparison, IsAsRecorded) {
  const auto path = std::filesystem::path(PERFMODEL_TEST_DIR) / "compare.csv";
  const auto r = run({"compare", "--systems", "atlas-800i-a3,gb200-nvl72,2xhgx-h200,hgx-h100",
                      "--llm", "deepseek-r1", "--slo", "tpot=50ms", "--format", "csv"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "");
  if (std::getenv("PERFMODEL_UPDATE_GOLDEN") != nullptr) {
    spill(path, r.out);
    return;
  }
  EXPECT_EQ(r.out, slurp(path)) << "if the change is meant, run with PERFMODEL_UPDATE_GOLDEN=1";
}

}  // namespace
}  // namespace perfmodel::black_box
