// `perfmodel host` and the chip that it writes: measured, in the schema of all chips, and good for
// the same questions.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

TEST(Host, WritesAChipThatAnswersQuestions) {
  const Scratch scratch;
  std::filesystem::copy(PERFMODEL_CONFIG_DIR, scratch / "configs",
                        std::filesystem::copy_options::recursive);
  const auto root = (scratch / "configs").string();
  const auto file = root + "/chips/bench-box.yaml";
  const auto r = run({"host", "--threads", "1", "--rounds", "1", "-o", file, "--format", "csv"});
  ASSERT_EQ(r.status, 0) << r.text();
  // Others may be at work meanwhile, of which it warns.
  EXPECT_TRUE(r.err.empty() || r.err.find("run again") != std::string::npos) << r.err;
  const auto rows = parse_csv(r.out);
  ASSERT_GT(rows.size(), 8U);
  for (std::size_t i = 1; i + 1 < rows.size(); ++i)
    EXPECT_GT(std::atof(rows[i][1].c_str()), 0) << rows[i][0];
  EXPECT_EQ(rows.back().at(0), "taken");
  EXPECT_NE(r.out.find("latency_dram_4k"), std::string::npos) << r.out;
  const auto shown = run({"--configs", root, "show", "chip", "bench-box"});
  EXPECT_EQ(shown.status, 0) << shown.text();
  for (const char* word :
       {"measured", "matrix.bf16", "memory.bandwidth", "Noise", "other processes had"})
    EXPECT_NE(shown.out.find(word), std::string::npos) << word << "\n" << shown.out;
  EXPECT_EQ(run({"--configs", root, "check", file}).status, 0);
  const auto answer =
      run({"--configs", root, "estimate", "--chip", "bench-box", "--llm", "qwen2.5-7b", "--weights",
           "int4", "--no-compare", "--slo", "ttft=1000s,tpot=100s", "--format", "csv"});
  EXPECT_NE(answer.status, 2) << answer.text();
}

TEST(Host, AsCommittedAnswersForASmallModel) {
  const auto r =
      run({"estimate", "--chip", "host", "--llm", "qwen2.5-7b", "--weights", "fp8", "--input",
           "128", "--output", "128", "--slo", "ttft=100s,tpot=10s", "--no-compare"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("output tok/s per chip"), std::string::npos) << r.out;
}

TEST(Host, RefusesWhatItCannotMeasureOrWrite) {
  expect_refusal(run({"host", "--threads", "9999"}), {"--threads"});
  expect_refusal(run({"host", "--threads", "4000"}), {"--threads: 4000 is not between 1 and"});
  expect_refusal(run({"host", "--rounds", "0"}), {"--rounds"});
  expect_refusal(run({"host", "--format", "yaml"}), {"--format"});
  expect_refusal(run({"host", "-o", "/nonexistent/host.yaml"}), {"cannot write"});
  const Scratch scratch;
  // Before it measures, which would take an hour.
  expect_refusal(run({"host", "--rounds", "10000", "-o", (scratch / "my host.yaml").string()}),
                 {"'my host' is not the id of a chip", "lower case letters"});
  EXPECT_EQ(scratch.listing(), "");
}

}  // namespace
}  // namespace perfmodel::black_box
