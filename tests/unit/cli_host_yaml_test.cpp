// The machine at hand as a chip, from made-up roofs.
#include <gtest/gtest.h>

#include "cli/catalog.hpp"
#include "cli/host_table.hpp"
#include "cli/host_yaml.hpp"

namespace perfmodel::cli {
namespace {

kernels::HostRoof roof(const char* name, kernels::RoofKind kind, double value) {
  return {name, std::string("made-up ") + name, kind, {0.9 * value, value, value}, value};
}

/// The least that a chip is made of.
kernels::HostRoofs roofs_of_fp32() {
  kernels::HostRoofs r;
  r.all = {roof("flops_fp32", kernels::RoofKind::ops_per_second, 170e9),
           roof("read_dram", kernels::RoofKind::bytes_per_second, 19e9)};
  return r;
}

std::string yaml_of(const kernels::HostRoofs& roofs) {
  ThisMachine machine;
  machine.cpu = "Some CPU";
  machine.vendor = "Someone";
  machine.memory = Bytes::from_base(0x1p34);
  const auto text = host_yaml("host", roofs, machine, "2026-01-01");
  spec::Diagnostics problems;
  Catalog::lint(*find_kind("chip"), text, "host.yaml", problems);
  EXPECT_TRUE(problems.empty()) << problems.to_string() << text;
  return text;
}

TEST(HostYaml, Fp16IsAbsentWhereNoInstructionsMultiplyIt) {
  const auto text = yaml_of(roofs_of_fp32());
  EXPECT_NE(text.find("absent: [tf32, fp8, fp6, fp4, int4, fp16]"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n  fp16:"), std::string::npos) << text;
}

TEST(HostYaml, Fp16HasItsMeasuredPeak) {
  auto roofs = roofs_of_fp32();
  roofs.all.push_back(roof("flops_fp16", kernels::RoofKind::ops_per_second, 350e9));
  const auto text = yaml_of(roofs);
  EXPECT_NE(text.find("absent: [tf32, fp8, fp6, fp4, int4]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  fp16: {value: 350 GFLOP/s, range: [315, 350], grade: measured, "
                      "source: host, note: \"dense, made-up flops_fp16\"}"),
            std::string::npos)
      << text;
}

TEST(HostYaml, RangesGoToWhatTheProcessorsWouldGiveWithoutOthers) {
  auto roofs = roofs_of_fp32();
  EXPECT_NE(yaml_of(roofs).find("fp32: {value: 170 GFLOP/s, range: [153, 170]"), std::string::npos);
  roofs.threads = 2;
  roofs.taken = 0.5;
  roofs.all[0].whole = 340e9;
  const auto text = yaml_of(roofs);
  EXPECT_NE(text.find("fp32: {value: 170 GFLOP/s, range: [153, 340]"), std::string::npos) << text;
  EXPECT_NE(text.find("Take care: other processes took 50 % of the processors"), std::string::npos)
      << text;
}

TEST(HostTable, WarnsOfThreadsThatShareCores) {
  auto roofs = roofs_of_fp32();
  roofs.all.push_back(roof("one_thread_fp32", kernels::RoofKind::ops_per_second, 165e9));
  EXPECT_TRUE(host_warnings(roofs).empty());
  roofs.threads = 2;
  ASSERT_EQ(host_warnings(roofs).size(), 1U);
  EXPECT_NE(host_warnings(roofs)[0].find("2 threads multiply only 1.03 times as much as one"),
            std::string::npos);
  // What others took explains it.
  roofs.taken = 0.45;
  ASSERT_EQ(host_warnings(roofs).size(), 1U);
  EXPECT_NE(host_warnings(roofs)[0].find("took 45 %"), std::string::npos);
}

TEST(HostTable, SaysWhatItWasMeasuredOnAndHowFarToTrustIt) {
  auto roofs = roofs_of_fp32();
  roofs.threads = 2;
  roofs.taken = 0.48;
  roofs.all.push_back(roof("one_thread_fp32", kernels::RoofKind::ops_per_second, 100e9));
  ThisMachine machine;
  machine.cpu = "Some CPU";
  machine.l2 = Bytes::from_base(0x1p20);
  machine.huge_pages = "madvise";
  machine.threads = 4;
  const auto text = host_table(roofs, machine, "");
  for (const char* word :
       {"Some CPU", "1024 KiB L2", "huge pages: madvise", "2 threads together of 4",
        "multiply 1.70 times", "taken 48 %", "noise", "not written (-o"})
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
  EXPECT_NE(host_table(roofs, machine, "x.yaml").find("written to x.yaml\n"), std::string::npos);
  const auto csv = host_csv(roofs, machine);
  EXPECT_NE(csv.find("\r\ntaken,48,48,48,48,48,%,2,"), std::string::npos) << csv;
  ASSERT_EQ(host_warnings(roofs).size(), 1U);
  EXPECT_NE(host_warnings(roofs)[0].find("other processes took 48 % of the processors"),
            std::string::npos);
  roofs.taken = 0.03;
  EXPECT_TRUE(host_warnings(roofs).empty());
}

}  // namespace
}  // namespace perfmodel::cli
