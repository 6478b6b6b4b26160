// `sweep` as a process: the same bytes by threads, by ranks, and after being killed.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "../sanitized.hpp"
#include "program.hpp"

extern char** environ;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of POSIX

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kPareto =
    "pareto: {x: tokens_per_s_per_user, y: output_tokens_per_s_per_chip}\n";

/// Points by the million and few rows: long enough to be killed in the middle, small on disk.
std::string long_sweep(const std::string& rest, int inputs = kSanitized ? 2 : 75) {
  return "schema: 1\nsweep: s\nabout: a\naxes:\n  system: [hgx-h20, gb200-nvl72]\n"
         "  llm: deepseek-r1\n  output: [256, 1024]\n  batch: {from: 1, to: 512, step: 1}\n"
         "  input: {from: 500, to: " +
         std::to_string(500 + 100 * (inputs - 1)) + ", step: 100}\n" + rest;
}
const std::string kFewRows =
    "keep: {bounds: [{metric: tokens_per_s_per_user, min: 60}, {metric: "
    "output_tokens_per_s_per_chip, min: 700}]}\n";

/// A process of any program, its standard error in a file.
class Process {
 public:
  Process(Words words, const fs::path& err) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<char*> pointers;
    for (auto& w : words) pointers.push_back(w.data());
    pointers.push_back(nullptr);
    const int failed =
        ::posix_spawnp(&id_, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot start " + words[0]);
  }
  void kill(int signal) const { ::kill(id_, signal); }
  /// Exit status; 128 + signal if it was killed.
  int wait() const {
    int status = 0;
    ::waitpid(id_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_ = 0;
};

/// Until the journal in `scratch` says that blocks are done.
void wait_for_blocks(const fs::path& journal) {
  for (int i = 0; i < 6000; ++i) {
    const auto text = slurp(journal);
    const auto at = text.find("\nblocks ");
    if (at != std::string::npos && text[at + 8] != '0') return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "no blocks were done";
}

class Sweep : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }
  void write(const std::string& text) const { spill(scratch_ / "s.yaml", text); }
  black_box::Run sweep(Words more) const {
    Words words = {"sweep", path("s.yaml")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  std::string whole() const {
    const auto r = sweep({"-o", path("whole.csv")});
    EXPECT_EQ(r.status, 0) << r.text();
    return slurp(path("whole.csv"));
  }
  /// Starts one on `out`, and ends it by `signal` once blocks are done.
  int killed(const std::string& out, int signal, Words before = {}) const {
    Words words = {PERFMODEL_PROGRAM};
    words.insert(words.end(), before.begin(), before.end());
    for (const auto& w : Words{"sweep", path("s.yaml"), "-j", "1", "-o", path(out)})
      words.push_back(w);
    const Process p(words, path("err.txt"));
    wait_for_blocks(path(out + ".journal"));
    p.kill(signal);
    return p.wait();
  }

  Scratch scratch_;
};

constexpr const char* kShort =
    "schema: 1\nsweep: s\nabout: a\naxes:\n  chip: [h100, h20]\n  llm: llama-3.1-8b\n"
    "  input: [100, 1000]\n  output: 100\n  batch: {from: 1, to: 64, times: 2}\n";

TEST_F(Sweep, WritesTheSameCsvToStandardOutputAndToAFile) {
  write(kShort);
  const auto r = sweep({});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "") << "progress is for terminals";
  EXPECT_EQ(r.out, whole());
  const auto rows = parse_csv(r.out);
  EXPECT_EQ(rows.size(), 1U + 2 * 4 * 2 * 7) << "tp = 1, 2, 4, 8";
  EXPECT_EQ(scratch_.listing(), "s.yaml whole.csv");
}

TEST_F(Sweep, KilledAtAnyMomentGoesOnToTheSameBytes) {
  write(long_sweep(kFewRows));
  const auto expected = whole();
  EXPECT_GT(parse_csv(expected).size(), kSanitized ? 50U : 100U);
  EXPECT_EQ(killed("k.csv", SIGKILL), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(path("k.csv")));
  expect_refusal(sweep({"-o", path("k.csv")}), {"interrupted run", "--resume continues it"});
  spill(path("k.csv.partial"), slurp(path("k.csv.partial")) + "half a row");
  const auto r = sweep({"-o", path("k.csv"), "--resume"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(slurp(path("k.csv")), expected);
  EXPECT_EQ(scratch_.listing(), "err.txt k.csv s.yaml whole.csv");
}

TEST_F(Sweep, InterruptedSaysSoAndGoesOnWithItsFront) {
  write(long_sweep(kPareto));
  const auto expected = whole();
  EXPECT_EQ(killed("k.csv", SIGINT), 128 + SIGINT);
  const auto said = slurp(path("err.txt"));
  EXPECT_NE(said.find("stopped by signal 2 after"), std::string::npos) << said;
  EXPECT_NE(said.find("--resume continues"), std::string::npos) << said;
  EXPECT_NE(slurp(path("k.csv.journal")).find("\nfront "), std::string::npos);
  const auto r = sweep({"-o", path("k.csv"), "--resume"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(slurp(path("k.csv")), expected);
}

TEST_F(Sweep, DoesNotGoOnAfterAChange) {
  fs::copy(PERFMODEL_CONFIG_DIR, path("configs"), fs::copy_options::recursive);
  const Words own = {"--configs", path("configs")};
  write(long_sweep(kPareto));
  EXPECT_EQ(killed("k.csv", SIGKILL, own), 128 + SIGKILL);
  const auto again = [&](const Words& more = {}) {
    Words words = own;
    for (const auto& w : {std::string("sweep"), path("s.yaml"), std::string("--resume"),
                          std::string("-o"), path("k.csv")})
      words.push_back(w);
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  expect_refusal(again({"--pareto", "tpot_ms,memory_free_gb"}),
                 {"cannot resume", "the sweep or its options changed"});
  write(long_sweep(kPareto) + "spread: 0.1\n");
  expect_refusal(again(), {"cannot resume", "the sweep or its options changed"});
  write(long_sweep(kPareto));
  const auto chip = path("configs") + "/chips/h20.yaml";
  const auto text = slurp(chip);
  spill(chip, text + "\n");
  expect_refusal(again(), {"cannot resume", "a config that it uses changed"});
  spill(chip, text);
  const auto journal = slurp(path("k.csv.journal"));
  spill(path("k.csv.journal"), journal.substr(0, journal.size() / 2));
  expect_refusal(again(), {"damaged"});
  spill(path("k.csv.journal"), journal);
  spill(path("k.csv.partial"), "");
  expect_refusal(again(), {"shorter than"});
}

TEST_F(Sweep, RefusesWhatCannotBe) {
  write(kShort);
  expect_refusal(sweep({"--resume"}), {"standard output cannot be resumed"});
  expect_refusal(sweep({"--pareto", "ttft_ms,tpot"}),
                 {"--pareto: unknown metric 'tpot'", "tpot_ms"});
  expect_refusal(sweep({"-j", "0"}), {"-"});
  expect_refusal(run({"sweep", path("no.yaml")}), {"no such file"});
  expect_refusal(run({"sweep", "supernode"}), {"did you mean 'supernodes'?"});
  expect_refusal(sweep({"-o", path("no") + "/x.csv"}), {"cannot write"});
  write(
      "schema: 1\nsweep: s\nabout: a\naxes:\n  chip: ascend910c\n  llm: llama-3.1-8b\n  memory: "
      "[own, "
      "\"hbm3:12\"]\n  input: 1024\n  output: 1024\n  batch: 1\n");
  expect_refusal(sweep({}), {"12 stacks of hbm3 are more than the 8"});
  write(kShort);
  const int held = ::open(path("x.csv.partial").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  expect_refusal(sweep({"-o", path("x.csv")}), {"another sweep is writing"});
  ::close(held);
}

TEST_F(Sweep, ThatFindsNothingEndsWithNo) {
  write(std::string(kShort) + "keep: {bounds: [{metric: tpot_ms, max: 0.001}]}\n");
  const auto r = sweep({});
  EXPECT_EQ(r.status, 1) << r.text();
  EXPECT_EQ(parse_csv(r.out).size(), 1U) << r.text();
  EXPECT_NE(r.err.find("no point"), std::string::npos);
}

TEST_F(Sweep, WithoutASecondValueOfAnAxisThatSuitsTheMachineWritesNothing) {
  // A tier that only the second system has not: found out in the middle of the work.
  write(
      "schema: 1\nsweep: s\nabout: a\naxes:\n  system: [cloudmatrix384, hgx-h20]\n"
      "  llm: deepseek-r1\n  set: [{path: system.tiers.2.bandwidth, values: [100 GB/s]}]\n"
      "  input: 100\n  output: 100\n  batch: 1\n");
  expect_refusal(sweep({"-o", path("x.csv")}), {"hgx-h20 with system.tiers.2.bandwidth=100 GB/s"});
  EXPECT_EQ(scratch_.listing(), "s.yaml");
}

/// Whether mpirun is there, and the program was built for it.
bool have_mpi() {
  // Not instrumented, where the library's own leaks and mistakes would count as ours.
  return !kSanitized &&
         fs::exists(fs::path(PERFMODEL_PROGRAM).parent_path() / "perfmodel_mpi.so") &&
         std::system("command -v mpirun > /dev/null") == 0;
}
Words mpirun(int ranks) {
  return {"mpirun", "--oversubscribe",     "--allow-run-as-root",
          "-np",    std::to_string(ranks), PERFMODEL_PROGRAM};
}

TEST_F(Sweep, OnSeveralRanksWritesTheSameBytes) {
  if (!have_mpi()) GTEST_SKIP() << "needs mpirun and a program built with MPI";
  for (const auto* rest : {kFewRows.c_str(), kPareto}) {
    write(long_sweep(rest, 15));
    const auto expected = whole();
    for (const int ranks : rest == kPareto ? std::vector{1, 2, 4} : std::vector{3}) {
      auto words = mpirun(ranks);
      for (const auto& w : Words{"sweep", path("s.yaml"), "-o", path("m.csv")}) words.push_back(w);
      EXPECT_EQ(Process(words, path("err.txt")).wait(), 0) << slurp(path("err.txt"));
      EXPECT_EQ(slurp(path("m.csv")), expected) << ranks << " ranks";
    }
  }
}

TEST_F(Sweep, LosingARankEndsWithAFileToResume) {
  if (!have_mpi()) GTEST_SKIP() << "needs mpirun and a program built with MPI";
  write(long_sweep(kFewRows));
  const auto expected = whole();
  auto words = mpirun(2);
  // The second rank ends itself by the signal that nothing can catch.
  const std::string victim =
      "if [ $OMPI_COMM_WORLD_RANK = 1 ]; then (while ! grep -q '^blocks [1-9]' " + path("m.csv") +
      ".journal; do sleep 0.01; done; kill -9 $$) 2> /dev/null & fi; exec \"$@\"";
  words.insert(words.end() - 1, {"sh", "-c", victim, "sh"});
  for (const auto& w : Words{"sweep", path("s.yaml"), "-j", "1", "-o", path("m.csv")})
    words.push_back(w);
  EXPECT_NE(Process(words, path("err.txt")).wait(), 0);
  const auto said = slurp(path("err.txt"));
  // The launcher says so, or rank 0 where it was in the middle of a message of the dead one.
  EXPECT_TRUE(said.find("signal 9") != std::string::npos ||
              said.find("damaged block") != std::string::npos)
      << said;
  EXPECT_FALSE(fs::exists(path("m.csv")));
  const auto r = sweep({"-o", path("m.csv"), "--resume"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(slurp(path("m.csv")), expected);
}

TEST_F(Sweep, OnRanksSaysOnceWhatIsWrong) {
  if (!have_mpi()) GTEST_SKIP() << "needs mpirun and a program built with MPI";
  write(std::string(kShort) + "kep: 1\n");
  auto words = mpirun(2);
  for (const auto& w : Words{"sweep", path("s.yaml"), "-o", path("m.csv")}) words.push_back(w);
  EXPECT_EQ(Process(words, path("err.txt")).wait(), 2);
  const auto said = slurp(path("err.txt"));
  const auto first = said.find("did you mean 'keep'?");
  EXPECT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("did you mean", first + 1), std::string::npos) << said;
  EXPECT_EQ(scratch_.listing(), "err.txt s.yaml");
}

}  // namespace
}  // namespace perfmodel::black_box
