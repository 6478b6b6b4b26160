// `fleet` as a process: what must hold of every answer, and of wrong files.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

/// The rows of one kind, fields by column.
std::vector<Record> rows(const std::string& csv, const std::string& kind) {
  auto all = records(csv);
  std::erase_if(all, [&](const Record& r) { return r.at("row") != kind; });
  return all;
}

class Fleet : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }
  /// Answers a file, as CSV.
  black_box::Run fleet(const std::string& text, const Words& more = {}) const {
    spill(scratch_ / "f.yaml", "schema: 1\nfleet: f\nabout: a\n" + text);
    return run(with({"fleet", path("f.yaml"), "--format", "csv"}, more));
  }

  Scratch scratch_;
};

constexpr const char* kSmall =
    "inventory:\n"
    "  - {chip: h100, count: 36}\n"
    "  - {chip: h20, count: 40}\n"
    "workloads:\n"
    "  - {name: chat, llm: qwen3-32b, input: 1024, output: 256, slo: {tpot: 50 ms},\n"
    "     requests_per_s: 40}\n"
    "  - {name: batch, llm: llama-3.1-8b, input: 1024, output: 256, slo: {tpot: 100 ms},\n"
    "     priority: 2, output_tokens_per_s: 30000, on: [h20]}\n"
    "training: {chips: 10}\n";

TEST_F(Fleet, GivesOutNoMoreThanThereIs) {
  for (const auto& file : ids("fleets")) {
    const auto r = run({"fleet", file, "--format", "csv", "--samples", "64"});
    EXPECT_LE(r.status, 1) << r.text();
    std::map<std::string, double> serving, planned, smallest;
    for (const auto& b : rows(r.out, "block")) {
      if (!b.at("reason").empty()) continue;
      const double blocks = number(b, "blocks");
      EXPECT_EQ(blocks, std::floor(blocks));
      serving[b.at("hardware")] += blocks * number(b, "block_chips");
      const double one = number(b, "block_planned_requests_per_s");
      auto& least = smallest.emplace(b.at("workload"), 1e300).first->second;
      if (blocks > 0) least = std::min(least, one);
      planned[b.at("workload")] += blocks * one;
    }
    double best_left = 0, worst_taken = 1e300;
    for (const auto& h : rows(r.out, "hardware")) {
      const double training = number(h, "chips_training"), chips = number(h, "chips");
      EXPECT_EQ(training + number(h, "chips_serving") + number(h, "chips_left"), chips);
      EXPECT_GE(number(h, "chips_left"), 0);
      EXPECT_EQ(serving[h.at("hardware")], number(h, "chips_serving"));
      const double peak = number(h, "peak_16_bit_tflop_per_s");
      if (training > 0) worst_taken = std::min(worst_taken, peak);
      if (training < chips) best_left = std::max(best_left, peak);
    }
    EXPECT_GE(worst_taken, best_left) << "training takes the best chips";
    for (const auto& w : rows(r.out, "workload")) {
      if (w.at("served_share").empty()) continue;  // a supply alone
      const double demand = number(w, "demand_requests_per_s");
      const double share = number(w, "served_share");
      EXPECT_EQ(w.at("reason").empty(), share == 1) << w.at("workload");
      EXPECT_LE(number(w, "served_requests_per_s"), demand * (1 + 1e-12));
      const double all = planned[w.at("workload")];
      EXPECT_NEAR(share, std::min(1.0, all / demand), 2e-6);
      // A part in a million of a demand may be rounded off each block.
      EXPECT_LT(all, demand * 1.001 + smallest[w.at("workload")]) << "a block to spare";
    }
  }
}

TEST_F(Fleet, ComparesObjectivesAndMoreChips) {
  const auto r = fleet(kSmall);
  EXPECT_EQ(r.status, 0) << r.text();
  std::map<std::string, Record> variant;
  for (const auto& v : rows(r.out, "variant"))
    if (v.at("workload") == "chat") variant[v.at("objective")] = v;
  ASSERT_EQ(variant.size(), 3U) << r.out;
  for (const auto& [objective, column] :
       std::map<std::string, std::string>{{"chips", "chips_serving"}, {"power", "power_kw"}})
    for (const auto& [other, row] : variant)
      EXPECT_LE(number(variant[objective], column), number(row, column) * (1 + 1e-9))
          << objective << " beside " << other;
  const auto by_power = fleet(kSmall, {"--objective", "power"});
  double power = 0;
  for (const auto& h : rows(by_power.out, "hardware"))
    if (!h.at("power_kw").empty()) power += number(h, "power_kw");
  EXPECT_NEAR(power, number(variant["power"], "power_kw"), 1e-9 * power);
  for (const auto& m : rows(r.out, "more")) EXPECT_EQ(number(m, "served_share"), 1);
}

TEST_F(Fleet, NamesWhatIsShort) {
  std::string text = kSmall;
  text.replace(text.find("requests_per_s: 40"), 18, "requests_per_s: 4000");
  const auto r = fleet(text);
  EXPECT_EQ(r.status, 1) << r.text();
  const auto workloads = rows(r.out, "workload");
  EXPECT_LT(number(workloads[0], "served_share"), 1);
  EXPECT_NE(workloads[0].at("reason").find("h100"), std::string::npos) << workloads[0].at("reason");
  EXPECT_LT(number(workloads[1], "served_share"), 0.5) << "chips of the first in priority";
  double served = 0;
  for (const auto& m : rows(r.out, "more"))
    if (m.at("workload") == "chat" && m.at("hardware") == "h100")
      served = number(m, "served_share");
  EXPECT_GT(served, number(workloads[0], "served_share"));
}

TEST_F(Fleet, SaysWhyNoChipCan) {
  const auto r = fleet(
      "inventory: [{chip: h20, count: 8}]\n"
      "workloads: [{name: fast, llm: deepseek-r1, slo: {tpot: 1 ms}, requests_per_s: 1}]\n");
  EXPECT_EQ(r.status, 1) << r.text();
  const auto reason = rows(r.out, "workload").at(0).at("reason");
  EXPECT_NE(reason.find("no kind of chip can: h20: "), std::string::npos) << reason;
  EXPECT_NE(reason.find("TPOT"), std::string::npos) << reason;
}

TEST_F(Fleet, SaysTheSameInEveryFormatAndEachTime) {
  spill(scratch_ / "f.yaml", std::string("schema: 1\nfleet: f\nabout: a\n") + kSmall);
  std::map<std::string, std::string> out;
  for (const std::string format : {"table", "csv", "json", "md"}) {
    for (int i = 0; i < 2; ++i) {
      const auto r = run({"fleet", path("f.yaml"), "--format", format});
      EXPECT_EQ(r.status, 0) << r.text();
      EXPECT_EQ(r.err, "");
      if (i == 1) {
        EXPECT_EQ(r.out, out[format]);
      }
      out[format] = r.out;
    }
    EXPECT_NE(out[format].find("chat"), std::string::npos) << format;
  }
  const auto json = nlohmann::json::parse(out["json"]);
  EXPECT_EQ(json["schema"], "perfmodel/fleet/1");
  const auto hardware = rows(out["csv"], "hardware");
  for (std::size_t i = 0; i < hardware.size(); ++i)
    EXPECT_EQ(json["hardware"][i]["serving"].get<double>(), number(hardware[i], "chips_serving"));
}

TEST_F(Fleet, MakesChipsOfASupplyIntoTokens) {
  const auto r = run({"fleet", "domestic", "--format", "csv", "--samples", "256"});
  EXPECT_EQ(r.status, 0) << r.text();
  std::map<std::string, double> chips;
  for (const auto& s : rows(r.out, "supply")) {
    for (const std::string q : {"chips_per_month", "after_output_tokens_per_s"}) {
      EXPECT_LE(number(s, q + "_p10"), number(s, q + "_p50"));
      EXPECT_LE(number(s, q + "_p50"), number(s, q + "_p90"));
    }
    EXPECT_NEAR(number(s, "after_output_tokens_per_s"),
                number(s, "added_output_tokens_per_s_per_month") * number(s, "months"), 1);
    chips[s.at("case")] = number(s, "chips_per_month");
  }
  // Three times the wafers without stacks for them are not three times the chips.
  EXPECT_LT(chips["tripled wafers"], 2.9 * chips["as planned"]);
  EXPECT_NEAR(chips["tripled wafers and stacks"], 3 * chips["as planned"], 1e-6);
  const auto plain = run({"fleet", "domestic", "--format", "csv", "--samples", "0"});
  for (const auto& s : rows(plain.out, "supply")) EXPECT_EQ(s.at("chips_per_month_p10"), "");
}

TEST_F(Fleet, RefusesWhatItCannotLoadAllAtOnce) {
  const std::string workload = "workloads: [{name: a, llm: qwen3-32b, requests_per_s: 1}]\n";
  const auto r = fleet(
      "inventory:\n"
      "  - {chip: h80, count: 1}\n"
      "  - {system: cloudmatrix38, count: 1}\n"
      "  - {chip: h100, count: 1, stack: vlm-2026}\n"
      "workloads:\n"
      "  - {name: a, llm: deepsek-r1, requests_per_s: 1}\n"
      "  - {name: b, llm: qwen3-32b, workload: chatt, requests_per_s: 1}\n"
      "  - {name: c, llm: qwen3-32b, input: 1000000, requests_per_s: 1}\n",
      {"-o", path("out.csv")});
  expect_refusal(
      r, {"f.yaml:5:12: inventory.0.chip: unknown chip 'h80'", "did you mean",
          "inventory.1.system: unknown system 'cloudmatrix38'",
          "inventory.2.stack: unknown stack 'vlm-2026'", "workloads.0: unknown LLM 'deepsek-r1'",
          "workloads.1: unknown workload", "workloads.2: input 1000000"});
  EXPECT_EQ(scratch_.listing(), "f.yaml") << "nothing half-written";
  expect_refusal(fleet("inventory: [{chip: h100, count: 4}]\ntraining: {chips: 5}\n" + workload),
                 {"f.yaml:5:19: training.chips: 5 are more than the 4 there are"});
  expect_refusal(fleet("inventory: [{chip: h100, system: hgx-h20, count: 4}]\n" + workload),
                 {"inventory.0: ", "contradict"});
  expect_refusal(fleet("inventory: [{system: generic-8, count: 4}]\n" + workload),
                 {"inventory.0: ", "template"});
  expect_refusal(fleet("inventory: [{chip: mlu690, count: 8}]\nobjective: cost\n" + workload),
                 {"objective cost: the cost of mlu690 is not known"});
  expect_refusal(run({"fleet", "mixd"}), {"unknown fleet 'mixd' (did you mean 'mixed'?)"});
  expect_refusal(run({"fleet", path("none.yaml")}), {"no such file"});
  expect_refusal(run({"fleet"}), {"file"});
  expect_refusal(run({"fleet", "mixed", "--objective", "watts"}), {"--objective"});
}

}  // namespace
}  // namespace perfmodel::black_box
