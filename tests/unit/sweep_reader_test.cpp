// Sweep files: what they mean, and what each mistake is answered with.
#include <gtest/gtest.h>

#include "sweep/sweep.hpp"
#include "unit/config_text.hpp"

namespace perfmodel::sweep {
namespace {

using Read = test::ConfigText<Sweep>;

Read read(const std::string& text) {
  return test::read_text(read_sweep, text, "s.yaml");
}

/// A right file with one axis (or none) in the eighth line, and more keys after the axes.
Read with(const std::string& axis, const std::string& rest = "") {
  return read(
      "schema: 1\nsweep: s\nabout: a\naxes:\n  chip: h100\n  llm: llama-3.1-8b\n"
      "  output: 100\n  " +
      axis + "\n" + rest);
}
constexpr const char* kPlain = "input: 100\n  batch: 1";

TEST(SweepReader, TakesScalarsListsAndRanges) {
  const auto r = with(
      "input: [1, 8, {from: 10, to: 30, step: 10}]\n"
      "  batch: {from: 1, to: 100, times: 3}\n"
      "  prefix_hit: {from: 0, to: 0.3, step: 0.1}\n"
      "  parallel: [\"tp=2\", \"tp=4,dp=2\"]\n"
      "  memory: [own, \"hbm3e:6\"]\n"
      "  speculate: [none, \"2:1.1\"]\n"
      "  weights: [native, int8]\n"
      "  set:\n"
      "    - {path: chip.memory.bandwidth, values: [1 TB/s, 2 TB/s]}\n"
      "    - {path: stack.overhead.step, values: [1 ms]}\n");
  EXPECT_EQ(r.problems, "");
  ASSERT_TRUE(r.value);
  const auto& s = *r.value;
  EXPECT_EQ(s.inputs, (std::vector<double>{1, 8, 10, 20, 30}));
  EXPECT_EQ(s.batches, (std::vector<double>{1, 3, 9, 27, 81}));
  ASSERT_EQ(s.prefix_hits.size(), 4U) << "a step of 0.1 reaches 0.3";
  EXPECT_EQ(s.prefix_hits.back(), 0.3);
  EXPECT_EQ(parallelism_of(s.parallel[1]).degrees.dp, 2);
  EXPECT_FALSE(memory_of(s.memories[0]));
  EXPECT_EQ(memory_of(s.memories[1])->stacks, 6);
  EXPECT_EQ(speculation_of(s.speculate[0]).drafts, 0);
  EXPECT_EQ(speculation_of(s.speculate[1]).accepted, 1.1);
  EXPECT_FALSE(storage_of(s.weights[0]));
  EXPECT_EQ(storage_of(s.weights[1]), spec::Storage::int8);
  EXPECT_EQ(s.set_combinations(), 2U);
  EXPECT_EQ(s.columns.size(), metrics().size());
}

struct Mistake {
  const char* axis;
  const char* rest;
  const char* says;
};

TEST(SweepReader, AnswersEachMistakeWithItsPlace) {
  const Mistake mistakes[] = {
      {"input: 100\n  batch: [1, 2, 1]", "", "s.yaml:9:17: axes.batch.2: 1 is there twice"},
      {"input: 100\n  batch: 0", "", "s.yaml:9:10: axes.batch: 0 is not between 1 and 1000000"},
      {"input: 100\n  batch: 1.5", "", "axes.batch: 1.5 is not a whole number"},
      {"input: 100\n  batch: many", "", "axes.batch: 'many' is not a number"},
      {"input: 100\n  batch: []", "", "axes.batch: has no values"},
      {"input: 100\n  batch: [[1]]", "", "a list is not a number"},
      {"input: 100\n  batch: {from: 1, to: 9}", "", "a range needs one of step and times"},
      {"input: 100\n  batch: {from: 9, to: 1, step: 1}", "", "ends before it begins"},
      {"input: 100\n  batch: {from: 1, to: 9, times: 1}", "", "the range does not grow"},
      {"input: 100\n  batch: {from: 1, to: 9, step: 0}", "", "the range does not grow"},
      {"input: 100\n  batch: {from: 1, to: 9, step: 1, by: 2}", "", "unknown key 'by'"},
      {"input: {from: 1, to: 9000000, step: 1}\n  batch: 1", "", "more than 1000000 values"},
      {"input: 100", "", "key 'batch' is missing"},
      {"input: 100\n  batch: 1\n  batches: 2", "", "did you mean 'batch'?"},
      {"input: 100\n  batch: 1\n  weights: fp88", "", "s.yaml:10:12: axes.weights: unknown format"},
      {"input: 100\n  batch: 1\n  stack: [typical, typical]", "", "'typical' is there twice"},
      {"input: 100\n  batch: 1\n  stack: [[typical]]", "", "is a list, expected a word"},
      {"input: 100\n  batch: 1\n  memory: hbm3e", "", "KIND:STACKS as in hbm3e:8"},
      {"input: 100\n  batch: 1\n  dies: 17", "",
       "s.yaml:10:9: axes.dies: '17' is no number of dies from 1 to 16 ('own', or a number"},
      {"input: 100\n  batch: 1\n  dies: [own, own]", "", "'own' is there twice"},
      {"input: 100\n  batch: 1\n  clock: 3x4", "", "axes.clock"},
      {"input: 100\n  batch: 1\n  clock: 1.2", "", "a factor is written 1.5x"},
      {"input: 100\n  batch: 1\n  clock: 1000x", "", "is no factor between 0.01 and 100"},
      {"input: 100\n  batch: 1\n  native: [own, fp16]", "", "'fp16' is no type"},
      {"input: 100\n  batch: 1\n  native: \"fp8:fp8\"", "", "fp8 is named twice"},
      {"input: 100\n  batch: 1\n  speculate: often", "", "DRAFTS:ACCEPTED as in 1:0.7"},
      {"input: 100\n  batch: 1\n  parallel: [\"tp=2,kp=4\"]", "", "unknown degree 'kp'"},
      {"input: 100\n  batch: 1\n  parallel: [auto, tp=2]", "", "'auto' stands alone"},
      {"input: 100\n  batch: 1\n  set: [{path: llm.hidden, values: [1]}]", "", "cannot be set"},
      {"input: 100\n  batch: 1\n  set: [{path: chip.x}]", "", "key 'values' is missing"},
      {"input: 100\n  batch: 1\n  set: [{path: chip.x, values: 1}, {path: chip.x, values: 2}]", "",
       "'chip.x' is there twice"},
      {kPlain, "keep: {slo: true}\n", "there is no SLO to keep"},
      {kPlain, "keep: {bounds: [{metric: tpot, max: 5}]}\n", "did you mean 'tpot_ms'?"},
      {kPlain, "keep: {bounds: [{metric: tpot_ms}]}\n", "bounds nothing"},
      {kPlain, "keep: {bounds: [{metric: tpot_ms, min: 2, max: 1}]}\n", "min is above max"},
      {kPlain, "pareto: {x: tpot_ms}\n", "key 'y' is missing"},
      {kPlain, "pareto: {x: tpot_ms, y: tpot_ms, by: parallel}\n", "cannot group by 'parallel'"},
      {kPlain, "columns: [tpot_ms, ttft]\n", "s.yaml:10:20: columns: unknown metric 'ttft'"},
      {kPlain, "slo: {tpot: 50}\n", "slo.tpot"},
      {kPlain, "samples: 15\n",
       "s.yaml:10:10: samples: 15 is neither 0 (no intervals) nor between 16 and 1000000"},
      {kPlain, "samples: -1\n", "samples"},
      {kPlain, "samples: many\n", "samples"},
      {kPlain, "seed: -1\n", "seed"},
      {kPlain, "seed: 1.5\n", "seed"},
      {kPlain, "fallback: fp8\n", "fallback: unknown value 'fp8'"},
  };
  for (const auto& m : mistakes) {
    const auto r = with(m.axis, m.rest);
    EXPECT_FALSE(r.value) << m.axis << m.rest;
    EXPECT_NE(r.problems.find(m.says), std::string::npos) << m.says << "\n" << r.problems;
  }
  EXPECT_TRUE(with(kPlain).value) << with(kPlain).problems;
}

TEST(SweepReader, TakesWhatIfsAsTheOptionsWriteThem) {
  const auto r = with(
      "input: 100\n  batch: 1\n  dies: [own, 4]\n  clock: [own, 1.2x, 2 GHz]\n"
      "  native: [own, \"fp8:fp4\"]\n  memory: \"hbm3:8\"\n  link_scale: [1, 2]\n");
  EXPECT_EQ(r.problems, "");
  ASSERT_TRUE(r.value);
  const auto& s = *r.value;
  Place place;
  const auto first = what_if_at(s, place);
  EXPECT_TRUE(first.memory && !first.dies && !first.clock && !first.link_scale);
  EXPECT_TRUE(first.native.empty());
  for (const auto a : {Axis::dies, Axis::native, Axis::link_scale}) place.digits[index(a)] = 1;
  place.digits[index(Axis::clock)] = 2;
  const auto last = what_if_at(s, place);
  EXPECT_EQ(last.dies, 4);
  EXPECT_EQ(std::get<Frequency>(*last.clock).base(), 2e9);
  EXPECT_EQ(last.native, (std::vector{spec::Compute::fp8, spec::Compute::fp4}));
  EXPECT_EQ(last.link_scale, 2);
  EXPECT_TRUE(with(kPlain).value);
  EXPECT_TRUE(what_if_at(*with(kPlain).value, {}).empty()) << "left out, nothing is changed";
}

TEST(SweepReader, DrawsNothingUnlessItIsAskedTo) {
  EXPECT_EQ(with(kPlain).value->samples, 0U);
  const auto r = with(kPlain, "samples: 256\nseed: 7\n");
  ASSERT_TRUE(r.value) << r.problems;
  EXPECT_EQ(r.value->samples, 256U);
  EXPECT_EQ(r.value->seed, 7U);
}

TEST(SweepReader, NamesAllMistakesAtOnce) {
  const auto r = read(
      "schema: 1\nsweep: s\nabout: a\naxes: {llm: x, input: 0, output: 0, batch: 0}\nkep: {}\n");
  for (const char* says : {"neither chips nor systems", "axes.input", "axes.output", "axes.batch",
                           "did you mean 'keep'?"})
    EXPECT_NE(r.problems.find(says), std::string::npos) << says << "\n" << r.problems;
}

TEST(Pareto, OnTheCommandLineNamesTwoMetrics) {
  std::string problem;
  const auto p = parse_pareto("tpot_ms,memory_free_gb", problem);
  ASSERT_TRUE(p);
  EXPECT_EQ(metrics()[p->x].name, "tpot_ms");
  EXPECT_EQ(metrics()[p->y].name, "memory_free_gb");
  EXPECT_FALSE(parse_pareto("tpot_ms", problem));
  EXPECT_EQ(problem, "'tpot_ms' is not two metrics");
  EXPECT_FALSE(parse_pareto("tpot_ms,ttft", problem));
  EXPECT_NE(problem.find("did you mean 'ttft_ms'?"), std::string::npos) << problem;
}

}  // namespace
}  // namespace perfmodel::sweep
