// Bad input: exit 2, what is wrong and the nearest right thing on standard error, nothing on
// standard output, nothing written.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

struct Case {
  std::string name;
  Words arguments;
  Words says;  // all of them on standard error
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.name;
}

Case estimate(std::string name, const Words& more, Words says) {
  return {std::move(name), with({"estimate"}, more), std::move(says)};
}
/// On eight H100, where nothing else is wrong.
Case on_h100(std::string name, const Words& more, Words says) {
  return estimate(std::move(name),
                  with({"--chip", "h100", "--llm", "llama-3.1-8b", "--no-compare"}, more),
                  std::move(says));
}
/// DeepSeek-R1 on eight H200.
Case moe(std::string name, const Words& more, Words says) {
  return estimate(std::move(name),
                  with({"--system", "hgx-h200", "--llm", "deepseek-r1", "--no-compare"}, more),
                  std::move(says));
}

class BadInput : public ::testing::TestWithParam<Case> {};

TEST_P(BadInput, IsRefused) {
  expect_refusal(run(GetParam().arguments), GetParam().says);
}

/// Beside the message, a file that was asked for does not appear.
TEST_P(BadInput, WritesNothing) {
  if (kSanitized) GTEST_SKIP() << "runs what IsRefused runs; files are the plain build's matter";
  auto words = GetParam().arguments;
  if (words.empty() || words[0] != "estimate") GTEST_SKIP() << "has no -o";
  for (const auto& w : words)
    if (w == "-o") GTEST_SKIP() << "is about -o";
  const Scratch scratch;
  words.insert(words.begin() + 1, {"-o", (scratch / "answer").string()});
  expect_refusal(run(words), GetParam().says);
  EXPECT_EQ(scratch.listing(), "");
}

std::vector<Case> unknown_words() {
  return {
      estimate("chip", {"--chip", "h10"}, {"unknown chip 'h10'", "did you mean 'h100'?"}),
      estimate("chip_path", {"--chip", "../chips/h100"}, {"unknown chip '../chips/h100'"}),
      estimate("chip_absolute", {"--chip", "/etc/passwd"}, {"unknown chip", "list chips"}),
      estimate("chip_dots", {"--chip", ".."}, {"unknown chip '..'"}),
      estimate("chip_empty", {"--chip", ""}, {"--chip", "empty"}),
      estimate("chip_unicode", {"--chip", "昇腾910d"}, {"unknown chip '昇腾910d'"}),
      estimate("chip_not_utf8", {"--chip", "\xff\xfe"}, {"unknown chip"}),
      estimate("chip_format_string", {"--chip", "%s%n{}"}, {"unknown chip '%s%n{}'"}),
      estimate("chip_long", {"--chip", std::string(10'000, 'a')}, {"unknown chip"}),
      estimate("system", {"--system", "hgx-h10"}, {"unknown system", "did you mean 'hgx-h100'?"}),
      on_h100("llm", {"--llm", "lama-3.1-8b"}, {}),
      estimate("llm_near", {"--chip", "h100", "--llm", "deepsek-r1"},
               {"unknown LLM 'deepsek-r1'", "did you mean 'deepseek-r1'?"}),
      on_h100("stack", {"--stack", "typicl"}, {"unknown stack", "did you mean 'typical'?"}),
      on_h100("workload", {"--workload", "cht"}, {"unknown workload", "did you mean 'chat'?"}),
      on_h100("weights", {"--weights", "fp7"}, {"--weights", "'fp7'", "did you mean 'fp8'?"}),
      on_h100("kv", {"--kv", "bf17"}, {"--kv", "'bf17'", "did you mean 'bf16'?"}),
      on_h100("compute", {"--compute", "int7"}, {"--compute", "'int7'", "did you mean"}),
      on_h100("fallback", {"--fallback", "wden"}, {"--fallback", "did you mean 'widen'?"}),
      on_h100("format", {"--format", "xml"}, {"--format", "xml", "csv", "json"}),
      {"show_kind", {"show", "chp", "h100"}, {"'chp'", "did you mean 'chip'?"}},
      {"show_id", {"show", "chip", "h10"}, {"'h10'", "did you mean 'h100'?"}},
      {"list_kind", {"list", "chps"}, {"'chps'", "did you mean 'chips'?"}},
      {"list_kernels", {"list", "kernls"}, {"'kernls'", "did you mean 'kernels'?"}},
      {"list_format", {"list", "chips", "--format", "jsn"}, {"--format", "jsn", "csv"}},
      {"check_path", {"check", "/nonexistent"}, {"no such file", "/nonexistent"}},
      {"check_long_path", {"check", std::string(5'000, 'a')}, {"no such file"}},
      {"check_device", {"check", "/dev/zero"}, {"/dev/zero", "cannot be read"}},
  };
}

std::vector<Case> command_line() {
  return {
      {"nothing", {}, {"subcommand", "--help"}},
      {"command", {"estimat", "--chip", "h100"}, {"'estimat'", "did you mean 'estimate'?"}},
      {"command_unknown", {"frobnicate"}, {"'frobnicate'", "--help"}},
      estimate("option", {"--chip", "h100", "--systm", "x"},
               {"'--systm'", "did you mean '--system'?"}),
      estimate("option_equals", {"--chip", "h100", "--systm=x"}, {"did you mean '--system'?"}),
      estimate("argument", {"h100"}, {"'h100'", "estimate --help"}),
      estimate("option_without_value", {"--chip"}, {"--chip"}),
      {"misplaced", {"list", "chips", "--configs", "x"}, {"--configs", "before 'list'"}},
      {"list_nothing", {"list"}, {"required"}},
      {"show_nothing", {"show", "chip"}, {"required"}},
      estimate("neither_chip_nor_system", {}, {"name a chip or a system", "--chip"}),
      estimate("template_alone", {"--system", "generic-8"}, {"template", "--chip"}),
      estimate("contradiction", {"--chip", "h20", "--system", "hgx-h100"},
               {"--chip h20", "--system hgx-h100", "contradict", "generic-8"}),
      on_h100("rate_and_batch", {"--rate", "3", "--batch", "4"}, {"--rate", "--batch"}),
      on_h100("rate_zero", {"--rate", "0"}, {"--rate", "positive"}),
      on_h100("rate_nan", {"--rate", "nan"}, {"--rate", "positive"}),
      on_h100("objective", {"--objective", "per-chp"}, {"--objective", "did you mean 'per-chip'?"}),
      on_h100("speculate", {"--speculate", "autp"}, {"--speculate: 'autp'", "auto", "1:0.7"}),
      on_h100("speculate_chance", {"--speculate", "auto:1.2"}, {"--speculate", "auto:0.8"}),
      on_h100("chunk_zero", {"--chunk", "0"}, {"--chunk: 0 tokens is out of bounds"}),
      on_h100("prefix_tier", {"--prefix-cache", "hosts", "--prefix-hit", "0.5"},
              {"--prefix-cache: unknown tier 'hosts'", "did you mean 'host'?"}),
      on_h100("prefix_nothing_found", {"--prefix-cache", "host"},
              {"--prefix-cache", "--prefix-hit"}),
      on_h100("expert_balance_below_one", {"--expert-balance", "0.9"},
              {"--expert-balance: '0.9'", "1.3:1.1:1.6"}),
      on_h100("expert_balance_outside", {"--expert-balance", "1.3:1.4:1.6"},
              {"--expert-balance: '1.3:1.4:1.6'"}),
      on_h100("expert_balance_dense", {"--expert-balance", "1.3"},
              {"--expert-balance: llama-3.1-8b has no experts"}),
      on_h100("mixed_and_split", {"--mixed", "--disaggregate", "4:4"},
              {"--mixed", "no decode step"}),
      on_h100("disaggregate_word", {"--disaggregate", "yes"}, {"--disaggregate", "PREFILL:DECODE"}),
      on_h100("disaggregate_zero", {"--disaggregate", "0:8"}, {"--disaggregate", "0:8"}),
      on_h100("disaggregate_too_many", {"--disaggregate", "6:4"},
              {"pools of 6 and 4 devices", "the system's 8"}),
      on_h100("prefill_parallel_alone", {"--prefill-parallel", "tp=2"},
              {"--prefill-parallel", "--disaggregate"}),
      on_h100("prefill_parallel_degree", {"--disaggregate", "auto", "--prefill-parallel", "tq=2"},
              {"--prefill-parallel: unknown degree 'tq'", "nearest: tp"}),
      on_h100("prefill_parallel_too_large", {"--disaggregate", "2:6", "--prefill-parallel", "tp=4"},
              {"tp=4 needs 4 devices", "the prefill pool has 2"}),
      on_h100("prefill_system", {"--prefill-system", "hgx-h10"},
              {"unknown system 'hgx-h10'", "did you mean 'hgx-h100'?"}),
      on_h100("prefill_system_and_split",
              {"--prefill-system", "hgx-h200", "--disaggregate", "auto"},
              {"--prefill-system", "--disaggregate"}),
      on_h100("prefill_count_alone", {"--prefill-count", "2"},
              {"--prefill-count", "--prefill-system"}),
      on_h100("prefill_count_zero", {"--prefill-system", "hgx-h200", "--prefill-count", "0"},
              {"--prefill-count"}),
      on_h100("batch_and_concurrency", {"--batch", "4", "--concurrency", "4"},
              {"--batch", "--concurrency"}),
      on_h100("memory_and_set", {"--memory", "hbm3e:8", "--set", "chip.memory.bandwidth=4 TB/s"},
              {"--memory", "chip.memory.bandwidth"}),
      on_h100("set_and_memory", {"--set", "chip.memory.capacity=4 GB", "--memory", "hbm3e:8"},
              {"--memory", "chip.memory.capacity"}),
      {"no_configs", {"--configs", "/nonexistent", "list", "chips"}, {"/nonexistent", "chips/"}},
      {"configs_file", {"--configs", "/etc/passwd", "list", "chips"}, {"/etc/passwd", "chips/"}},
      {"configs_empty", {"--configs", "", "list", "chips"}, {"--configs", "empty"}},
  };
}

std::vector<Case> overrides() {
  const auto set = [](std::string name, std::string what, Words says) {
    return on_h100(std::move(name), {"--set", std::move(what)}, std::move(says));
  };
  return {
      set("dimension", "chip.memory.bandwidth=4 GB", {"memory.bandwidth", "'4 GB'", "TB/s"}),
      set("unit", "chip.memory.bandwidth=4 TBps", {"'TBps'", "write 4 TB/s"}),
      set("bits", "chip.memory.bandwidth=4 Tb/s", {"Tbit/s", "TB/s"}),
      set("no_unit", "chip.memory.bandwidth=4", {"has no unit", "TB/s"}),
      set("negative", "chip.memory.bandwidth=-4 TB/s", {"negative"}),
      set("zero", "chip.memory.bandwidth=0 TB/s", {"not positive"}),
      set("nan", "chip.memory.bandwidth=nan TB/s", {"not a finite number"}),
      set("infinite", "chip.memory.bandwidth=inf TB/s", {"not a finite number"}),
      set("huge", "chip.memory.bandwidth=1e308 TB/s", {"out of range"}),
      set("absurd", "chip.memory.bandwidth=1e30 TB/s", {"largest possible value"}),
      set("key", "chip.memory.bandwidt=4 TB/s", {"'bandwidt'", "did you mean 'bandwidth'?"}),
      set("no_kind", "bandwidth=4 TB/s", {"--set", "begins with chip"}),
      set("kind", "chp.memory.bandwidth=4 TB/s", {"--set", "begins with chip"}),
      set("no_value", "chip.memory.bandwidth=", {"PATH=VALUE"}),
      set("no_path", "=4 TB/s", {"PATH=VALUE"}),
      set("empty", "", {"--set", "empty"}),
      set("map", "chip.memory=4 GB", {"one of its keys"}),
      set("item", "system.tiers.9.extent=4", {"tiers.9"}),
      set("id", "chip.chip=h20", {"h20", "file name"}),
      set("not_utf8", "chip.name=\xff", {"UTF-8"}),
      set("unused_memory", "memory.stack.capacity=4 GB", {"--memory", "chip.memory"}),
      set("efficiency", "stack.efficiency.gemm=9", {"efficiency.gemm", "'9'"}),
      on_h100("twice", {"--set", "chip.dies=1", "--set", "chip.dies=2"}, {"chip.dies", "twice"}),
  };
}

std::vector<Case> numbers() {
  std::vector<Case> r = {
      on_h100("input_zero", {"--input", "0"}, {"--input", "0 tokens"}),
      on_h100("input_negative", {"--input", "-5"}, {"--input", "-5"}),
      on_h100("input_huge", {"--input", "99999999999999999999"}, {"--input", "out of bounds"}),
      on_h100("input_nan", {"--input", "nan"}, {"--input", "nan"}),
      on_h100("input_fraction", {"--input", "1.5"}, {"--input", "1.5"}),
      on_h100("input_empty", {"--input", ""}, {"--input", "empty"}),
      on_h100("output_zero", {"--output", "0"}, {"--output", "0 tokens"}),
      on_h100("beyond_context", {"--input", "131000", "--output", "1000"},
              {"131000", "1000", "131072", "llama-3.1-8b"}),
      on_h100("prefix_hit", {"--prefix-hit", "1"}, {"--prefix-hit", "between 0 and 0.999"}),
      on_h100("prefix_hit_nan", {"--prefix-hit", "nan"}, {"--prefix-hit"}),
      on_h100("spread", {"--spread", "2"}, {"--spread", "between 0 and 1"}),
      on_h100("count_zero", {"--count", "0"}, {"--count"}),
      on_h100("count_huge", {"--count", "100001"}, {"--count"}),
      on_h100("batch_nan", {"--batch", "nan"}, {"--batch", "'nan'", "max"}),
      on_h100("batch_infinite", {"--batch", "inf"}, {"--batch"}),
      on_h100("batch_zero", {"--batch", "0"}, {"--batch"}),
      on_h100("batch_word", {"--batch", "most"}, {"--batch", "'most'", "max"}),
      on_h100("concurrency_nan", {"--concurrency", "nan"}, {"--concurrency"}),
      on_h100("concurrency_zero", {"--concurrency", "0"}, {"--concurrency"}),
  };
  for (const auto* s : {"1", "1:", ":1", "1:2", "-1:0", "17:1", "1:nan", "1:0.5:3", "x", "0:0"})
    r.push_back(on_h100("speculate_" + plain(s), {"--speculate", s},
                        {"--speculate", "DRAFTS:ACCEPTED", "1:0.7"}));
  for (const auto* s : {"ttft=2", "tpot=50MB", "tpt=1s", "2s", "ttft=2s,", "tpot=-1ms", "tpot=0ms",
                        "tpot=nan s", "tpot=1e400s", "ttft=1s,ttft=2s"})
    r.push_back(on_h100("slo_" + plain(s), {"--slo", s}, {"--slo"}));
  for (const auto* s : {"hbm3e", "hbm3e:", "hbm3e:0", "hbm3e:-1", "hbm3e:1000", "hbm3e:8:8"})
    r.push_back(on_h100("memory_" + plain(s), {"--memory", s}, {"KIND:STACKS", "hbm3e:8"}));
  r.push_back(on_h100("memory_unknown", {"--memory", "hbm9:8"}, {"unknown memory 'hbm9'"}));
  for (const auto* s : {"", "tp", "tp=", "tp=x", "tp=0", "tp=-1", "tp=1.5", "tq=8", "tp=8,",
                        "tp=99999999999", "tp=2,tp=4", "tp=1000000,dp=1000000"})
    r.push_back(moe("parallel_" + plain(s), {"--parallel", s}, {"--parallel"}));
  r.push_back(moe("tp_not_dividing_heads", {"--parallel", "tp=3"},
                  {"tp=3", "128 attention heads", "nearest: tp=2"}));
  r.push_back(moe("ep_mismatch", {"--parallel", "tp=2,dp=4,ep=8,moe-tp=4"},
                  {"ep=8 x moe-tp=4", "tp=2 x dp=4", "nearest: ep=8"}));
  r.push_back(moe("ep_mismatch_in_contexts", {"--parallel", "tp=2,cp=2,ep=8,moe-tp=4"},
                  {"ep=8 x moe-tp=4", "tp=2 x cp=2 x dp=1", "nearest: ep=4"}));
  r.push_back(estimate("undivided_context",
                       {"--system", "hgx-h200", "--llm", "gpt-oss-120b", "--parallel", "tp=2,cp=2"},
                       {"cp=2", "attention over a window", "nearest: cp=1"}));
  r.push_back(moe("too_many_devices", {"--parallel", "tp=16"}, {"16 devices", "has 8", "--count"}));
  r.push_back(on_h100("ep_without_experts", {"--parallel", "tp=2,ep=2"}, {"no experts"}));
  r.push_back(
      estimate("too_many_stages",
               {"--system", "cloudmatrix384", "--llm", "llama-3.1-8b", "--parallel", "pp=64"},
               {"pp=64", "32 layers"}));
  return r;
}

std::vector<Case> places() {
  return {
      on_h100("missing_folder", {"-o", "/nonexistent/x"}, {"cannot write '/nonexistent/x'"}),
      on_h100("folder", {"-o", "/tmp"}, {"cannot write '/tmp'", "directory"}),
      on_h100("not_writable", {"-o", "/proc/perfmodel"}, {"cannot write '/proc/perfmodel'"}),
      on_h100("below_a_file", {"-o", "/etc/passwd/x"}, {"cannot write '/etc/passwd/x'"}),
      on_h100("long_name", {"-o", "/tmp/" + std::string(255, 'a')}, {"cannot write", "too long"}),
      on_h100("empty", {"-o", ""}, {"--out", "empty"}),
      on_h100("full_device", {"-o", "/dev/full"}, {"cannot write '/dev/full'", "space"}),
  };
}

const auto name_of = [](const ::testing::TestParamInfo<Case>& p) { return p.param.name; };
INSTANTIATE_TEST_SUITE_P(Word, BadInput, ::testing::ValuesIn(unknown_words()), name_of);
INSTANTIATE_TEST_SUITE_P(CommandLine, BadInput, ::testing::ValuesIn(command_line()), name_of);
INSTANTIATE_TEST_SUITE_P(Set, BadInput, ::testing::ValuesIn(overrides()), name_of);
INSTANTIATE_TEST_SUITE_P(Number, BadInput, ::testing::ValuesIn(numbers()), name_of);
INSTANTIATE_TEST_SUITE_P(Place, BadInput, ::testing::ValuesIn(places()), name_of);

/// A copy of the configs with one file replaced.
void copy_configs(const Scratch& scratch) {
  std::filesystem::copy(PERFMODEL_CONFIG_DIR, scratch / "configs",
                        std::filesystem::copy_options::recursive);
}

TEST(BadConfig, IsRefusedWithFileLineAndColumn) {
  const Scratch scratch;
  copy_configs(scratch);
  const auto root = (scratch / "configs").string();
  const auto chip = scratch / "configs/chips/h100.yaml";
  const auto good = slurp(chip);
  const Words question = {"--configs", root, "estimate", "--chip", "h100", "--llm", "llama-3.1-8b"};
  spill(chip, good + "\nbroken: [1, 2\n");
  expect_refusal(run(question), {"h100.yaml:", "YAML"});
  spill(chip, good + "\nbandwith: 3\n");
  const auto r = run(question);
  const auto lines = static_cast<int>(std::count(good.begin(), good.end(), '\n')) + 2;
  expect_refusal(r, {"h100.yaml:" + std::to_string(lines) + ":1:", "bandwith"});
  for (const auto& words : {Words{"list", "chips"}, {"show", "chip", "h100"}, {"check"}}) {
    expect_refusal(run(with({"--configs", root}, words)),
                   {"h100.yaml:" + std::to_string(lines) + ":1:"});
  }
  // Another chip is none the worse for it.
  EXPECT_EQ(run({"--configs", root, "show", "chip", "h200"}).status, 0);
  spill(chip, std::string("\0\1\2", 3));
  expect_refusal(run(question), {"h100.yaml"});
  std::filesystem::remove(chip);
  std::filesystem::create_directory(chip);
  EXPECT_EQ(run(question).status, 2);
}

TEST(BadConfig, OfTheEnvironmentIsRefused) {
  expect_refusal(run({"list", "chips"}, {.environment = {"PERFMODEL_CONFIGS=/nonexistent"}}),
                 {"PERFMODEL_CONFIGS", "/nonexistent"});
}

TEST(SeveralProblems, AreReportedAtOnce) {
  const auto r = run({"estimate", "--chip", "h100", "--weights", "fp7", "--input", "0", "--slo",
                      "ttft=2", "--speculate", "x"});
  expect_refusal(r, {"--weights", "--input", "--slo", "--speculate"});
}

TEST(StandardOutput, ThatCannotBeWrittenIsAnError) {
  for (const Words& words : {Words{"list", "chips"}, {"show", "chip", "h100"}, {"--help"}}) {
    auto r = run(words, {.out = "/dev/full"});
    EXPECT_EQ(r.status, 2) << r.text();
    EXPECT_NE(r.err.find("cannot write"), std::string::npos) << r.text();
  }
  const auto r = run({"estimate", "--chip", "h100"}, {.closed_out = true});
  EXPECT_EQ(r.status, 2) << r.text();
  EXPECT_NE(r.err.find("cannot write"), std::string::npos) << r.text();
}

}  // namespace
}  // namespace perfmodel::black_box
