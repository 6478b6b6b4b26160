// `check` on measurements: what it refuses in a table, across tables, and in the manifest.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

const fs::path kResults = fs::path(PERFMODEL_CONFIG_DIR) / ".." / "results";
void expect_clean(const Run& r, int files) {
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(r.out, std::to_string(files) + " files, no problems\n");
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n') + 1);
}

TEST(Check, OfAllMeasurementsIsCleanAndQuick) {
  const auto begin = std::chrono::steady_clock::now();
  const auto r = run({"check"});
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(r.status, 0) << r.text();
#if defined(NDEBUG)
  EXPECT_LT(took, std::chrono::seconds(2));
#else
  EXPECT_LT(took, std::chrono::seconds(60));
#endif
  for (const char* part : {"", "published", "operators", "published/serving_gpu.csv",
                           "operators/gemm.csv", "operators/sources.csv", "MANIFEST"}) {
    const auto path = (kResults / part).lexically_normal().string();
    EXPECT_EQ(run({"check", path}).status, 0) << run({"check", path}).text();
  }
}

/// Tables of operator timings in a folder of their own.
class Timings : public ::testing::Test {
 protected:
  Timings() {
    spill(scratch_ / "sources.csv",
          "source,title,url,date,licence,software,software_version\n"
          "bench,A bench,,2025,MIT,,\n");
  }
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }
  /// Runs check on a table of these rows.
  black_box::Run on(const std::string& rows, const std::string& name = "gemm.csv") {
    spill(scratch_ / name, kHeader + rows);
    return run({"check", path(name)});
  }
  static constexpr const char* kHeader =
      "id,source,chip,op,dtype,weight_dtype,m,n,k,time_us,flag\n";
  Scratch scratch_;
};

TEST_F(Timings, ThatAreRightPass) {
  expect_clean(on("g1,bench,h100,gemm,bf16,bf16,4096,4096,4096,200,\n"
                  "g2,bench,H100-SXM,gemm,bf16,bf16,4096,4096,4096,200,\n"),
               1);
  expect_clean(run({"check", scratch_.path().string()}), 2);
}

TEST_F(Timings, AreRefusedByFileAndLine) {
  expect_refusal(
      on("g1,bench,h100,gemm,bf16,bf16,4096,4096,4096,fast,\n"),
      {"gemm.csv:2:1: time_us: 'fast' is not a positive number", "1 files, 1 problems\n"});
  expect_refusal(on("g1,bench,h100,gemm,bf16,bf16\n"),
                 {"gemm.csv:2:1: has 6 fields where the header has 11"});
  spill(scratch_ / "gemm.csv", "id,op,time\n");
  expect_refusal(run({"check", path("gemm.csv")}),
                 {"unknown column 'time'", "column 'time_us' is missing"});
}

TEST_F(Timings, OfUnknownChipsAndSourcesAreRefused) {
  expect_refusal(on("g1,bench,h10,gemm,bf16,bf16,4096,4096,4096,200,\n"
                    "g2,bnch,h100,gemm,bf16,bf16,4096,4096,4096,200,\n"
                    "g3,elsewhere,zzzzzzzzzz,gemm,bf16,bf16,4096,4096,4096,200,\n"),
                 {"gemm.csv:2:1: chip: unknown chip 'h10' (did you mean 'h100'?)\n",
                  "gemm.csv:3:1: source: 'bnch' is not declared (did you mean 'bench'?)\n",
                  "gemm.csv:4:1: source: 'elsewhere' is not declared (declare it in sources.csv)\n",
                  "gemm.csv:4:1: chip: unknown chip 'zzzzzzzzzz' (see: perfmodel list chips)\n"});
  fs::remove(scratch_ / "sources.csv");
  expect_refusal(run({"check", path("gemm.csv")}),
                 {"gemm.csv:1:1: source: no sources.csv beside this file"});
}

TEST_F(Timings, ThatAreThereTwiceAreRefused) {
  const std::string row = "g1,bench,h100,gemm,bf16,bf16,4096,4096,4096,200,\n";
  expect_refusal(on(row + row), {"gemm.csv:3:1: id: 'g1' is there twice, first in", ":2\n"});
  on(row);
  on(row, "more.csv");
  expect_refusal(run({"check", scratch_.path().string()}),
                 {"more.csv:2:1: id: 'g1' is there twice, first in " + path("gemm.csv") + ":2\n"});
}

/// 4096 cubed are 137.4 GFLOP; h100 does 989.4 TFLOP/s.
TEST_F(Timings, AboveThePeakNeedAReason) {
  expect_refusal(
      on("g1,bench,h100,gemm,bf16,bf16,4096,4096,4096,100,\n"),
      {"gemm.csv:2:1: time_us: 100 us is less than the 138.9 us that 137.4 GFLOP take at "
       "the bf16 peak of h100, 989.4 TFLOP/s (correct the row, or give the reason in its "
       "flag)\n"});
  expect_clean(on("g1,bench,h100,gemm,bf16,bf16,4096,4096,4096,100,boost clock\n"), 1);
  // 134 MB of weights, more than the cache of 50 MiB; at 3.35 TB/s.
  expect_refusal(on("g1,bench,h100,gemm,bf16,bf16,1,8192,8192,30,\n"),
                 {"the memory bandwidth of h100, 3.35 TB/s"});
  expect_clean(on("g1,bench,h100,gemm,bf16,bf16,1,4096,4096,5,\n"), 1);
}

TEST_F(Timings, NeedSourcesThatAreInOrder) {
  spill(scratch_ / "sources.csv",
        "source,title,url,date,licence,software,software_version\n"
        "bench,,,May 2025,MIT,,\n");
  expect_refusal(run({"check", path("sources.csv")}),
                 {"sources.csv:2:1: title: is empty", "date: 'May 2025' is not a date"});
}

TEST(CheckMeasurements, OfServingNamesWhatIsWrong) {
  const Scratch scratch;
  const auto path = (scratch / "rows.csv").string();
  const std::string header = first_line(slurp(kResults / "published/offline_gpu.csv"));
  const std::string good =
      "run,S,,2026-02,h100,8,llama-2-7b,bf16,bf16,,vllm,,aggregated,,,,,,,,8,,,,,1024,128,,16,,,,,"
      "tpot_ms,mean,12.5,ms,\n";
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = good;
    changed.replace(changed.find(from), from.size(), to);
    spill(path, header + changed);
    return run({"check", path});
  };
  expect_clean(with("", ""), 1);
  expect_clean(with("h100", "H100-SXM"), 1);
  expect_refusal(with("h100", "h10"),
                 {"rows.csv:2:1: chip: unknown chip 'h10' (did you mean 'h100'?)\n"});
  expect_refusal(with("llama-2-7b", "lama-2-7b"),
                 {"rows.csv:2:1: model: unknown LLM 'lama-2-7b' (did you mean 'llama-2-7b'?)\n"});
  expect_refusal(with("12.5,ms", "12.5,s"),
                 {"rows.csv:2:1: unit: 's' is not the unit of tpot_ms (write ms)\n"});
  expect_refusal(with("2026-02", "02/2026"), {"rows.csv:2:1: date: '02/2026' is not a date"});
  expect_refusal(with("tpot_ms", "tpot"), {"rows.csv:2:1: metric: unknown metric 'tpot'"});
  expect_refusal(with("\n", "\n" + good),
                 {"rows.csv:3:1: id: 'run' has its tpot_ms twice, first in " + path + ":2\n"});
  spill(path, "a,b\n1,2\n");
  expect_refusal(run({"check", path}), {"rows.csv:1:1: is no table of measurements", "SCHEMA.md"});
}

/// A copy of all that `check` looks at.
class Manifest : public ::testing::Test {
 protected:
  Manifest() {
    fs::copy(PERFMODEL_CONFIG_DIR, scratch_ / "configs", fs::copy_options::recursive);
    fs::create_directories(scratch_ / "results/operators");
    for (const char* name : {"operators/sources.csv", "operators/exchange.csv"})
      fs::copy_file(kResults / name, scratch_ / "results" / name);
    update();
  }
  /// As a user would, by the command that the program gives.
  void update() {
    fs::remove(manifest_);
    const auto said = check().err;
    const auto begin = said.find("(cd '"), end = said.find(" > MANIFEST)");
    ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << said;
    const auto command = said.substr(begin, end - begin) + " > MANIFEST)";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c)
  }
  black_box::Run check() const {
    return run({"--configs", (scratch_ / "configs").string(), "check"});
  }

  Scratch scratch_;
  const fs::path manifest_ = scratch_ / "results/MANIFEST";
};

/// Figures of another architecture cannot stand for a chip's under its deployment.
TEST_F(Manifest, BinsAreChipsOfOneKind) {
  const auto file = scratch_ / "configs/chips/ascend910c.yaml";
  const auto good = slurp(file);
  const std::string bin = "- chip: ascend910c-560";
  const auto at = good.find(bin);
  ASSERT_NE(at, std::string::npos);
  const auto refuse = [&](const std::string& other, const std::string& says) {
    auto text = good;
    spill(file, text.replace(at, bin.size(), "- chip: " + other));
    const auto r = check();
    EXPECT_EQ(r.status, 2) << r.text();
    EXPECT_NE(r.err.find(says), std::string::npos) << r.text();
  };
  refuse("ascend910c-56", "bins: there is no chip 'ascend910c-56' (ascend910c-560)");
  refuse("h200", "bins: h200 cannot be a bin of ascend910c: their families differ");
  refuse("ascend910b1", "bins: ascend910b1 cannot be a bin of ascend910c: their devices differ");
}

TEST_F(Manifest, HoldsForAllFiles) {
  EXPECT_EQ(check().status, 0) << check().text();
  const auto verify =
      "cd '" + (scratch_ / "results").string() + "' && sha256sum -c --status MANIFEST";
  EXPECT_EQ(std::system(verify.c_str()), 0);  // NOLINT(cert-env33-c)
  spill(scratch_ / "results/.hidden", "x");
  EXPECT_EQ(check().status, 0) << check().text();
}

TEST_F(Manifest, TellsWhatChanged) {
  const auto sources = scratch_ / "results/operators/sources.csv";
  const auto good = slurp(sources);
  spill(sources, good + "new,New,,2026,MIT,,\n");
  expect_refusal(check(),
                 {"MANIFEST:2:1: 'operators/sources.csv' was changed (if that is meant: (cd"});
  update();
  EXPECT_EQ(check().status, 0) << check().text();
}

TEST_F(Manifest, TellsWhatIsMissingAndWhatIsNew) {
  fs::rename(scratch_ / "results/operators/exchange.csv", scratch_ / "results/operators/other.csv");
  expect_refusal(check(), {"MANIFEST:1:1: 'operators/exchange.csv' is missing",
                           "MANIFEST:1:1: does not list 'operators/other.csv'"});
  fs::remove(manifest_);
  expect_refusal(check(), {"MANIFEST: cannot be read (if that is meant"});
}

TEST_F(Manifest, RefusesLinesThatAreNone) {
  const auto good = slurp(manifest_);
  const auto digest = good.substr(0, 64);
  const std::string message = "is not '<SHA-256>  <file below the folder>'";
  for (const auto& line : {std::string("hello"), std::string(), digest, digest + " a.csv",
                           digest + "  ", digest.substr(1) + "  a.csv", digest + "  /etc/passwd",
                           digest + "  ../configs/chips/h100.yaml", std::string("\0", 1)}) {
    spill(manifest_, good + line + "\n");
    expect_refusal(check(), {"MANIFEST:3:1: " + message});
  }
  spill(manifest_, good + good);
  expect_refusal(check(),
                 {"MANIFEST:3:1: 'operators/exchange.csv' is there twice, first in line 1"});
}

}  // namespace
}  // namespace perfmodel::black_box
