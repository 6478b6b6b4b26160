// Grades that a product's status rules out, bins, and what all configs say of single sources.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "hw/chip.hpp"
#include "hw/system.hpp"
#include "spec/diagnostics.hpp"
#include "unit/config_text.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::hw {
namespace {

using test::catalog;

/// A chip of one memory figure, and what else is given.
std::string problems_of(const std::string& status, const std::string& grade,
                        const std::string& more = "") {
  const auto text = fmt::format(
      "schema: 1\nchip: x1\nname: X1\nvendor: X\nfamily: hopper\nstatus: {}\n"
      "memory: {{bandwidth: {{value: 3 TB/s, grade: {}, source: s}}}}\n{}"
      "sources: {{s: {{title: A source}}}}\n",
      status, grade, more);
  return test::read_text(read_chip, text, "x1.yaml").problems;
}

TEST(Grades, NobodyMeasuredWhatCannotBeHad) {
  for (const auto* status : {"announced", "rumoured", "cancelled"})
    EXPECT_EQ(problems_of(status, "measured"),
              fmt::format("x1.yaml:7:21: memory.bandwidth: grade 'measured' on a product that is "
                          "{} ({} at best)\n",
                          status, status == std::string("announced") ? "official" : "paper"));
  EXPECT_EQ(problems_of("shipping", "measured"), "");
}

TEST(Grades, NothingIsOfficialThatTheVendorDoesNotStandBy) {
  for (const auto* status : {"rumoured", "cancelled"})
    EXPECT_NE(problems_of(status, "official").find("grade 'official'"), std::string::npos);
  EXPECT_EQ(problems_of("announced", "official"), "");
  for (const auto* grade : {"paper", "derived", "analyst", "press", "rumour"})
    EXPECT_EQ(problems_of("rumoured", grade), "") << grade;
}

TEST(Grades, HoldForSystemsToo) {
  const std::string text =
      "schema: 1\nsystem: y\nname: Y\nchip: any\nstatus: rumoured\n"
      "chips: {value: 8, grade: official, source: s}\n"
      "tiers: [{name: node, extent: 8, shape: switched, from: chip, latency: {value: 1 us, grade: "
      "measured, source: s}}]\nsources: {s: {title: A source}}\n";
  spec::Diagnostics diagnostics;
  read_system(spec::parse_document(text, "y.yaml", diagnostics), diagnostics);
  EXPECT_EQ(diagnostics.size(), 2u) << diagnostics.to_string();
}

TEST(Bins, SharesLeaveSomethingForTheChipItself) {
  const auto bins = [](const std::string& chip, const std::string& share) {
    return problems_of("shipping", "press",
                       fmt::format("bins: [{{chip: {}, share: {{value: {}, range: [0.1, 0.99], "
                                   "grade: assumed, note: why}}}}]\n",
                                   chip, share));
  };
  EXPECT_EQ(bins("x2", "0.5"), "");
  EXPECT_NE(bins("x2", "1").find("above the largest possible value"), std::string::npos);
  EXPECT_NE(bins("x1", "0.5").find("a chip is no other bin of itself"), std::string::npos);
}

/// Where sources are known to disagree, each is on record, and so is a range that holds them.
TEST(Claims, OfTheConfigsAreWithinTheirRanges) {
  std::size_t figures = 0;
  std::size_t several = 0;
  for (const auto& id : catalog().ids(*cli::find_kind("chip"))) {
    const auto chip = catalog().chip(id);
    const auto look = [&](const auto& f) {
      if (!f || f->claims.empty()) return;
      ++figures;
      several += f->claims.size() > 1 ? 1 : 0;
      EXPECT_LT(f->low, f->high) << id << " " << f->origin.path;
    };
    for (const auto& peak : chip.matrix) look(peak);
    look(chip.memory_bandwidth);
    look(chip.memory_capacity);
    look(chip.link_scale_up);
    look(chip.link_scale_out);
    look(chip.tdp);
  }
  EXPECT_GE(figures, 10u);
  EXPECT_GE(several, 9u);
}

}  // namespace
}  // namespace perfmodel::hw
