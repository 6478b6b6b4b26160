// Blocks of a sweep: the engine's numbers, filters, fronts, and the same for any number of threads.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>

#include "cli/errors.hpp"
#include "cli/sweep_disk.hpp"
#include "sweep/columns.hpp"
#include "unit/sweep_support.hpp"

namespace perfmodel::cli {
namespace {

LoadedSweep load(const std::string& rest) {
  return test::sweep_of(rest);
}
std::vector<std::vector<std::string>> records(const std::string& rows) {
  return test::sweep_records(rows);
}
std::vector<Block> all_blocks(const LoadedSweep& loaded, unsigned threads) {
  return test::sweep_blocks(loaded, threads);
}
std::map<std::string, std::size_t> columns(const LoadedSweep& loaded) {
  return test::sweep_columns(loaded);
}
double number(const std::string& text) {
  return test::number_in(text);
}

constexpr const char* kSmall =
    "axes:\n"
    "  system: [hgx-h20, gb200-nvl72]\n"
    "  llm: [deepseek-r1, llama-3.1-8b]\n"
    "  weights: [native, mxfp4]\n"
    "  parallel: [\"tp=4\", \"tp=2,dp=4\", \"tp=3\"]\n"
    "  speculate: [none, \"1:0.7\"]\n"
    "  input: [100, 4000, 300000]\n"
    "  output: 500\n"
    "  prefix_hit: [0, 0.5]\n"
    "  batch: [1, 7, 64, 100000]\n"
    "spread: 0.2\n"
    "slo: {ttft: 2 s, tpot: 30 ms}\n";

TEST(SweepBlock, HasTheNumbersOfTheEngine) {
  const auto loaded = load(kSmall);
  const auto at = columns(loaded);
  const auto rows = records(all_blocks(loaded, 1).front().rows);
  ASSERT_EQ(rows.size(), loaded.space.points());
  Planner planner(loaded);
  std::map<std::string, int> verdicts;
  for (std::uint64_t n = 0; n < rows.size(); ++n) {
    const auto& row = rows[n];
    ASSERT_EQ(row.size(), at.size());
    const auto& verdict = row[at.at("verdict")];
    ++verdicts[verdict];
    EXPECT_EQ(row[at.at("reason")].empty(), verdict == "ok") << n;
    const auto& planned = planner.at(n / loaded.space.plan_size());
    EXPECT_EQ(row[at.at("tpot_ms")].empty(), verdict != "ok" && verdict != "slo-missed") << n;
    if (planned.why || verdict == "too-long") continue;
    const auto& plan = planned.points->plan();
    const auto& machine = planned.points->machine();
    serving::Workload w;
    w.input = number(row[at.at("input_tokens")]);
    w.output = number(row[at.at("output_tokens")]);
    w.spread = 0.2;
    w.prefix_hit = number(row[at.at("prefix_hit")]);
    const double batch = number(row[at.at("batch_per_rank")]);
    const auto memory = serving::memory_plan(plan, machine, w, batch);
    EXPECT_EQ(verdict == "out-of-memory", !memory.fits()) << n;
    EXPECT_NEAR(number(row[at.at("memory_free_gb")]) / (memory.free().base() / 1e9), 1, 1e-5) << n;
    if (!memory.fits()) continue;
    const auto steady =
        serving::steady_state(plan, machine, w, serving::prefill_cost(plan, machine, w),
                              number(row[at.at("accepted_tokens")]), batch);
    const double engines = number(row[at.at("engines")]);
    const double chips = number(row[at.at("chips")]);
    const auto expect = [&](const char* name, double value) {
      EXPECT_NEAR(number(row[at.at(name)]) / value, 1, 1e-6) << name << " of point " << n;
    };
    expect("ttft_ms", steady.ttft.base() * 1e3);
    expect("tpot_ms", steady.tpot.base() * 1e3);
    expect("decode_step_ms", steady.decode_step.base() * 1e3);
    expect("prefill_ms", steady.prefill.base() * 1e3);
    expect("tokens_per_s_per_user", 1 / steady.tpot.base());
    expect("output_tokens_per_s_system", steady.output_rate.base() * engines);
    expect("output_tokens_per_s_per_chip", steady.output_rate.base() * engines / chips);
    expect("input_tokens_per_s_per_chip", steady.input_rate.base() * engines / chips);
    expect("decode_only_tokens_per_s_per_chip", steady.decode_only.base() * engines / chips);
    expect("concurrency", batch * plan.parallelism.dp * engines);
    expect("memory_used_gb", memory.used().base() / 1e9);
    const bool kept = steady.ttft.base() <= 2 && steady.tpot.base() <= 0.030;
    EXPECT_EQ(verdict, kept ? "ok" : "slo-missed") << n;
  }
  for (const char* v : {"ok", "slo-missed", "out-of-memory", "invalid-mapping", "too-long"})
    EXPECT_GT(verdicts[v], 0) << v;
}

TEST(SweepBlock, KeyColumnsTellAllPointsApart) {
  const auto loaded = load(kSmall);
  std::map<std::vector<std::string>, int> seen;
  for (auto row : records(all_blocks(loaded, 1).front().rows)) {
    row.resize(sweep::kKeyColumns.size());
    ++seen[row];
  }
  EXPECT_EQ(seen.size(), loaded.space.points());
}

TEST(SweepBlock, KeepsWhatTheFilterSaysAndNothingElse) {
  const auto loaded = load(kSmall);
  const auto at = columns(loaded);
  const auto all = records(all_blocks(loaded, 1).front().rows);
  const auto expect = [&](const std::string& keep, const auto& wanted) {
    const auto kept = records(all_blocks(load(kSmall + keep), 1).front().rows);
    std::vector<std::vector<std::string>> expected;
    for (const auto& row : all)
      if (wanted(row)) expected.push_back(row);
    EXPECT_EQ(kept, expected) << keep;
    EXPECT_GT(kept.size(), 0U) << keep;
    EXPECT_LT(kept.size(), all.size()) << keep;
  };
  const auto verdict = [&](const auto& row) { return row[at.at("verdict")]; };
  const auto value = [&](const auto& row, const char* name) { return number(row[at.at(name)]); };
  expect("keep: {fits: true}\n",
         [&](const auto& row) { return verdict(row) == "ok" || verdict(row) == "slo-missed"; });
  expect("keep: {slo: true}\n", [&](const auto& row) { return verdict(row) == "ok"; });
  expect("keep: {bounds: [{metric: tpot_ms, max: 20}, {metric: ttft_ms, min: 300}]}\n",
         [&](const auto& row) {
           return !row[at.at("tpot_ms")].empty() && value(row, "tpot_ms") <= 20 &&
                  value(row, "ttft_ms") >= 300;
         });
  expect("keep: {bounds: [{metric: memory_free_gb, max: 0}]}\n",
         [&](const auto& row) { return verdict(row) == "out-of-memory"; });
}

constexpr const char* kManyBlocks =
    "axes:\n"
    "  system: [hgx-h20, gb200-nvl72]\n"
    "  llm: deepseek-r1\n"
    "  set: [{path: chip.memory.bandwidth, values: [4 TB/s, 8 TB/s]}]\n"
    "  input: [100, 4000]\n"
    "  output: 500\n"
    "  batch: {from: 1, to: 150, step: 1}\n";

TEST(SweepBlock, IsTheSameForAnyNumberOfThreads) {
  for (const char* pareto : {"", "pareto: {x: tpot_ms, y: output_tokens_per_s_per_chip}\n"}) {
    const auto loaded = load(std::string(kManyBlocks) + pareto);
    ASSERT_GT(block_count(loaded), 4U);
    const auto one = all_blocks(loaded, 1);
    for (const unsigned threads : {2U, 3U}) {
      const auto many = all_blocks(loaded, threads);
      ASSERT_EQ(many.size(), one.size());
      for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_EQ(many[i].rows, one[i].rows) << "block " << i;
        EXPECT_EQ(many[i].front, one[i].front) << "block " << i;
        EXPECT_EQ(many[i].ok, one[i].ok);
      }
    }
  }
}

TEST(SweepBlock, SurvivesTheWayBetweenProcessesOrSaysSo) {
  const auto loaded =
      load(std::string(kManyBlocks) + "pareto: {x: tpot_ms, y: output_tokens_per_s_per_chip}\n");
  BlockEvaluator evaluator(loaded);
  auto block = evaluator.evaluate(1);
  ASSERT_FALSE(block.front.empty());
  block.rows = "some text";
  const auto bytes = to_bytes(block);
  const auto back = block_of(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->number, 1U);
  EXPECT_EQ(back->ok, block.ok);
  EXPECT_EQ(back->rows, block.rows);
  EXPECT_EQ(back->front, block.front);
  for (std::size_t i = 0; i < bytes.size(); i += 997) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(block_of(damaged)) << i;
    EXPECT_FALSE(block_of(bytes.substr(0, i))) << i;
  }
}

TEST(SweepBlock, FrontIsThatOfItsRows) {
  const std::string pareto =
      "pareto: {x: tpot_ms, y: output_tokens_per_s_per_chip, by: [system, input]}\n";
  const auto loaded = load(kManyBlocks + pareto);
  const auto rows_of = load(kManyBlocks);
  const auto at = columns(rows_of);
  sweep::Fronts fronts(100'000);
  for (const auto& b : all_blocks(loaded, 2)) fronts.add(b.front);
  const auto written = front_rows(loaded, fronts.points(), 2, [] { return false; });
  ASSERT_TRUE(written);
  std::string text;
  for (const auto& row : *written) text += row;

  struct Seen {
    std::string system, input;
    double tpot, rate;
  };
  const auto seen = [&](const std::string& rows) {
    std::vector<Seen> r;
    for (const auto& row : records(rows))
      if (row[at.at("verdict")] == "ok")
        r.push_back({row[at.at("system")], row[at.at("input_tokens")],
                     number(row[at.at("tpot_ms")]),
                     number(row[at.at("output_tokens_per_s_per_chip")])});
    return r;
  };
  const auto front = seen(text);
  std::vector<Seen> all;
  for (const auto& b : all_blocks(rows_of, 2))
    for (auto& s : seen(b.rows)) all.push_back(std::move(s));
  // Rows have single precision: what differs by less is not told apart.
  constexpr double kMargin = 1e-6;
  const auto beats = [](const Seen& a, const Seen& b, double margin) {
    return a.tpot <= b.tpot * (1 + margin) && a.rate >= b.rate * (1 - margin) &&
           a.system == b.system && a.input == b.input;
  };
  ASSERT_GT(front.size(), 20U);
  ASSERT_GT(all.size(), front.size());
  for (const auto& f : front)
    EXPECT_TRUE(std::none_of(all.begin(), all.end(), [&](const Seen& o) {
      return beats(o, f, -kMargin);
    })) << f.tpot;
  for (std::size_t i = 0; i < all.size(); i += 7)
    EXPECT_TRUE(std::any_of(front.begin(), front.end(), [&](const Seen& f) {
      return beats(f, all[i], kMargin);
    })) << i;
}

TEST(DiskFile, HoldsWhatWasAppendedFromWhateverSizeItGoesOn) {
  const auto path =
      std::filesystem::temp_directory_path() / ("perfmodel-disk-" + std::to_string(::getpid()));
  std::string expected;
  // Pieces of no size in particular, more than two buffers of them between begins.
  for (const std::size_t cut : {std::size_t{0}, std::size_t{9'000'001}, std::size_t{12'288'000}}) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(cut)), 0);
    expected.resize(cut);
    DiskFile file;
    ASSERT_TRUE(file.begin(fd, cut));
    for (std::size_t i = 0; i < 20; ++i) {
      const std::string piece((i * 7919 * 104'729 + cut) % 1'000'000, static_cast<char>('a' + i));
      expected += piece;
      EXPECT_TRUE(file.append(piece));
      if (i % 5 == 3) {
        EXPECT_TRUE(file.sync());
        EXPECT_EQ(std::filesystem::file_size(path), expected.size());
      }
    }
    EXPECT_TRUE(file.sync());
    ::close(fd);
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove(path);
  EXPECT_TRUE(text == expected) << text.size() << " and " << expected.size();
}

TEST(DiskFile, SaysWhatItCannotReadOrWrite) {
  DiskFile file;
  const int null = ::open("/dev/null", O_RDWR);
  EXPECT_FALSE(file.begin(null, 100)) << "there is less than that";
  const int full = ::open("/dev/full", O_RDWR);
  ASSERT_TRUE(file.begin(full, 0));
  EXPECT_TRUE(file.append("kept until there is a block of it"));
  EXPECT_FALSE(file.sync());
  EXPECT_EQ(errno, ENOSPC);
  ::close(null);
  ::close(full);
}

std::string refusal(const std::string& rest) {
  try {
    load(rest);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "";
}

TEST(SweepLoad, NamesWhatIsNotThere) {
  const std::string rest = "  input: 1\n  output: 1\n  batch: 1\n";
  const auto expect = [&](const std::string& axes, const char* says) {
    const auto text = refusal("axes:\n" + axes + rest);
    EXPECT_NE(text.find(says), std::string::npos) << says << "\n" << text;
  };
  const std::string llm = "  llm: llama-3.1-8b\n";
  expect("  chip: [h100, h10]\n" + llm, "s.yaml:5:16: axes.chip: unknown chip 'h10'");
  expect("  system: hgx-h21\n" + llm, "unknown system 'hgx-h21'");
  expect("  chip: h100\n  llm: llama\n", "axes.llm: unknown LLM 'llama'");
  expect("  chip: h100\n  stack: vlm-2026\n" + llm, "did you mean 'vllm-2026'?");
  expect("  chip: h100\n  memory: \"hbm5:8\"\n" + llm, "axes.memory: unknown memory 'hbm5'");
  expect("  chip: h100\n  system: hgx-h20\n" + llm, "contradict");
  expect(
      "  chip: h100\n  memory: \"hbm3e:6\"\n  set: [{path: chip.memory.capacity, values: 1 GB}]\n" +
          llm,
      "both set the chip's memory");
  expect("  chip: h100\n  set: [{path: memory.stack.capacity, values: 1 GB}]\n" + llm,
         "changes nothing without the axis memory");
  expect("  chip: h100\n  set: [{path: chip.devices, values: 2}]\n" + llm,
         "list the degrees under parallel");
  expect("  chip: h100\n  set: [{path: chip.memory.bandwidth, values: [1 TB/s, fast]}]\n" + llm,
         "'fast' is not a number with a unit");
  expect("  chip: ascend910c\n  dies: [own, 4]\n  set: [{path: chip.dies, values: 2}]\n" + llm,
         "chip.dies and the axis dies both set the chip's dies");
  // A value that nothing can be built with is refused; combinations are rows.
  expect("  chip: ascend910c\n  memory: [own, \"hbm3:12\"]\n" + llm,
         "ascend910c: memory: 12 stacks of hbm3 are more than the 8");
  expect("  chip: [ascend910c, h20]\n  native: [own, fp8]\n" + llm,
         "h20: native: h20 multiplies fp8 already");
  expect("  system: generic-8\n  chip: ascend910d\n  clock: 2 GHz\n" + llm, "is not published");
  expect("  chip: ascend910c\n  dies: [own, 4]\n  memory: [own, \"hbm3:17\"]\n" + llm,
         "17 stacks of hbm3 are more than the 8");
  expect("  chip: h100\n  count: [1, 200]\n  system: generic-1\n" + llm, "scale-out");
}

}  // namespace
}  // namespace perfmodel::cli
