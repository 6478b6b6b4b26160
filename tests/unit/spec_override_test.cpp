#include <gtest/gtest.h>

#include "spec/reader.hpp"

namespace perfmodel::spec {
namespace {

constexpr std::string_view kText =
    "layers: 3\n"
    "memory:\n"
    "  bandwidth: {value: 3.2 TB/s, range: [2.7, 3.2], grade: paper, source: cm384}\n"
    "tiers: [{latency: 1 us}, {latency: 2 us}]\n"
    "empty:\n"
    "sources: {cm384: {title: A paper}}\n";

class OverrideTest : public testing::Test {
 protected:
  void set(std::string_view path, std::string_view value) {
    apply_override(document_, path, value, diagnostics_);
  }
  Diagnostics diagnostics_;
  Document document_ = parse_document(kText, "f.yaml", diagnostics_);
};

TEST_F(OverrideTest, ReplacesAScalarAndAListItem) {
  set("layers", "5");
  set("tiers.1.latency", "9 us");
  EXPECT_EQ(diagnostics_.to_string(), "");
  const Node& layers = *document_.root.find("layers");
  EXPECT_EQ(layers.scalar, "5");
  EXPECT_TRUE(layers.overridden);
  EXPECT_EQ(layers.mark.line, 0);
  const auto& tiers = document_.root.find("tiers")->items;
  EXPECT_EQ(tiers[0].find("latency")->scalar, "1 us");
  EXPECT_EQ(tiers[1].find("latency")->scalar, "9 us");
}

TEST_F(OverrideTest, AFigureBecomesAnAssumption) {
  set("memory.bandwidth", "4.8 TB/s");
  Context context(document_, "chip", diagnostics_);
  context.read_sources();
  MapReader root(document_.root, "", context);
  auto memory = root.map("memory", Need::required);
  const auto figure = memory->figure<Bandwidth>("bandwidth", Need::required);
  context.finish();  // the source of the replaced figure is not called unused
  EXPECT_EQ(diagnostics_.to_string(), "");
  ASSERT_TRUE(figure);
  EXPECT_EQ(figure->value.base(), 4.8e12);
  EXPECT_EQ(figure->low, figure->value);
  EXPECT_EQ(figure->high, figure->value);
  EXPECT_EQ(figure->grade, Grade::assumed);
  EXPECT_TRUE(figure->overridden);
  EXPECT_TRUE(figure->sources.empty());
  EXPECT_EQ(figure->note, "set on the command line; the file says 3.2 TB/s");
  EXPECT_EQ(figure->origin.path, "chip.memory.bandwidth");
}

TEST_F(OverrideTest, TheLastOfTwoWins) {
  set("memory.bandwidth", "4.8 TB/s");
  set("memory.bandwidth.value", "5 TB/s");
  EXPECT_EQ(diagnostics_.to_string(), "");
  const Node& figure = *document_.root.find("memory")->find("bandwidth");
  EXPECT_EQ(figure.find("value")->scalar, "5 TB/s");
  EXPECT_EQ(figure.find("note")->scalar, "set on the command line; the file says 3.2 TB/s");
}

TEST_F(OverrideTest, SuppliesAnAbsentFigureAndItsMaps) {
  set("power.tdp", "700 W");
  set("empty.thing", "x");
  EXPECT_EQ(document_.root.find("empty")->find("thing")->scalar, "x");
  Context context(document_, "chip", diagnostics_);
  MapReader root(document_.root, "", context);
  auto power = root.map("power", Need::required);
  ASSERT_TRUE(power);
  const auto tdp = power->figure<Power>("tdp", Need::required);
  EXPECT_EQ(diagnostics_.to_string(), "");
  ASSERT_TRUE(tdp);
  EXPECT_EQ(tdp->value.base(), 700.0);
  EXPECT_EQ(tdp->grade, Grade::assumed);
  EXPECT_TRUE(tdp->overridden);
  EXPECT_EQ(tdp->note, "set on the command line");
}

TEST_F(OverrideTest, ProblemsNameTheCommandLine) {
  set("power.tdp", "-700 W");
  Context context(document_, "chip", diagnostics_);
  MapReader root(document_.root, "", context);
  root.map("power", Need::required)->figure<Power>("tdp", Need::required);
  EXPECT_EQ(diagnostics_.to_string(),
            "--set: power.tdp: '-700 W' is negative (write the magnitude)\n");
}

TEST_F(OverrideTest, RefusesPathsThatLeadNowhere) {
  for (const char* path :
       {"", ".", "a.", ".a", "a..b", "layers.x", "tiers.2", "tiers.-1", "tiers.1x",
        "tiers.99999999999999999999999", "memory", "tiers", "tiers.0", "memory.bandwidth.grade",
        "memory.bandwidth.value.x", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"}) {
    const auto before = diagnostics_.size();
    set(path, "1");
    EXPECT_EQ(diagnostics_.size(), before + 1) << path;
  }
}

}  // namespace
}  // namespace perfmodel::spec
