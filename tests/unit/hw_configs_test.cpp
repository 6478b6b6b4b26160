// Every file under configs/ loads, and every name in one leads to a file.
#include <algorithm>
#include <cctype>
#include <map>

#include <gtest/gtest.h>

#include "spec/diagnostics.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel {
namespace {

using cli::Kind;
using test::catalog;

const Kind& kind(std::string_view name) {
  return *cli::find_kind(name);
}

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return s;
}

struct File {
  const Kind* kind;
  std::string id;
};
void PrintTo(const File& f, std::ostream* out) {
  *out << f.kind->folder << '/' << f.id;
}

std::vector<File> all_files() {
  std::vector<File> r;
  for (const auto& k : cli::kKinds)
    for (const auto& id : catalog().ids(k)) r.push_back({&k, id});
  return r;
}

class ConfigFile : public testing::TestWithParam<File> {};

TEST_P(ConfigFile, LoadsWithoutAProblem) {
  const auto& [kind, id] = GetParam();
  const auto path = catalog().path_of(*kind, id);
  const auto text = cli::read_file(path);
  ASSERT_TRUE(text) << path;
  spec::Diagnostics diagnostics;
  cli::Catalog::lint(*kind, *text, path.string(), diagnostics);
  EXPECT_EQ(diagnostics.to_string(), "");
}

INSTANTIATE_TEST_SUITE_P(Configs, ConfigFile, testing::ValuesIn(all_files()),
                         [](const auto& param) {
                           return std::string(param.param.kind->name) + "_" +
                                  test::test_name(param.param.id);
                         });

TEST(Configs, EveryKindHasFiles) {
  for (const auto& k : cli::kKinds) EXPECT_FALSE(catalog().ids(k).empty()) << k.folder;
}

/// Aliases of all files of one kind; a word must lead to one file, in any case.
template <class Load>
void expect_unique_words(const Kind& k, Load load) {
  std::map<std::string, std::string> owner;
  for (const auto& id : catalog().ids(k)) {
    EXPECT_EQ(id, lower(id));
    EXPECT_TRUE(owner.emplace(id, id).second) << id;
  }
  for (const auto& id : catalog().ids(k)) {
    for (const auto& alias : load(id)) {
      const auto [at, fresh] = owner.emplace(lower(alias), id);
      EXPECT_TRUE(fresh) << k.folder << ": '" << alias << "' of " << id << " is also "
                         << at->second;
      EXPECT_EQ(catalog().resolve(k, alias), id) << alias;
    }
  }
}

TEST(Configs, AWordNamesOneFile) {
  const auto& c = catalog();
  expect_unique_words(kind("chip"), [&](const auto& id) { return c.chip(id).aliases; });
  expect_unique_words(kind("memory"), [&](const auto& id) { return c.memory(id).aliases; });
  expect_unique_words(kind("system"), [&](const auto& id) { return c.system(id).aliases; });
  expect_unique_words(kind("llm"), [&](const auto& id) { return c.llm(id).aliases; });
  expect_unique_words(kind("stack"), [&](const auto& id) { return c.stack(id).aliases; });
  expect_unique_words(kind("workload"), [&](const auto& id) { return c.workload(id).aliases; });
}

TEST(Configs, ChipsReferToWhatExists) {
  const auto& c = catalog();
  for (const auto& id : c.ids(kind("chip"))) {
    const auto chip = c.chip(id);
    EXPECT_TRUE(c.exists(kind("family"), chip.family)) << id << ": family " << chip.family;
    for (const auto& other : chip.alternatives) {
      EXPECT_TRUE(c.exists(kind("chip"), other)) << id << ": alternative " << other;
      EXPECT_NE(other, id) << "is its own alternative";
    }
    if (chip.system.empty()) continue;
    ASSERT_TRUE(c.exists(kind("system"), chip.system)) << id << ": system " << chip.system;
    // A default system is a template, or made of this chip or a sibling on the same board.
    const auto system = c.system(chip.system);
    EXPECT_TRUE(system.chip == "any" || c.chip(system.chip).family == chip.family)
        << id << " names " << chip.system << ", which is made of " << system.chip;
  }
}

TEST(Configs, SystemsReferToWhatExists) {
  const auto& c = catalog();
  for (const auto& id : c.ids(kind("system"))) {
    const auto system = c.system(id);
    if (system.chip == "any") continue;
    EXPECT_TRUE(c.exists(kind("chip"), system.chip)) << id << ": chip " << system.chip;
  }
}

/// One way and both ways are easily mixed up: what a chip sends into a tier of its system is never
/// more than its own one-way links, within the spread of the sources.
TEST(Configs, TiersCarryNoMoreThanTheChipsLinks) {
  const auto& c = catalog();
  for (const auto& id : c.ids(kind("system"))) {
    const auto system = c.system(id);
    if (system.chip == "any") continue;
    const auto chip = c.chip(system.chip);
    if (!chip.link_scale_up) continue;
    for (const auto& tier : system.tiers) {
      if (tier.extent == 1 || !tier.bandwidth) continue;  // inside the package
      EXPECT_LE(tier.bandwidth->low.base(), chip.link_scale_up->high.base() * 1.001)
          << id << " " << tier.name;
    }
  }
}

TEST(Configs, MemorySwapMultipliesTheStack) {
  const auto chip = catalog().chip("ascend910c");
  const auto memory = catalog().memory("hbm3e");
  const auto swapped = hw::with_memory(chip, memory, 8);
  EXPECT_DOUBLE_EQ(swapped.memory_capacity->value.base(), 8 * memory.stack_capacity.value.base());
  EXPECT_DOUBLE_EQ(swapped.memory_bandwidth->value.base(), 8 * memory.stack_bandwidth.value.base());
  EXPECT_DOUBLE_EQ(swapped.memory_bandwidth->high.base(), 8 * memory.stack_bandwidth.high.base());
  EXPECT_TRUE(swapped.memory_bandwidth->overridden);
  EXPECT_EQ(swapped.memory_kind, "hbm3e");
}

TEST(Configs, AssumptionsFillOnlyGaps) {
  hw::Chip chip;
  chip.memory_capacity = test::figure(test::bytes(64e9));
  hw::Family family;
  family.memory_capacity = test::figure(test::bytes(1e9));
  family.memory_bandwidth = test::figure(test::gb_per_s(2000));
  family.scale_up = test::figure(test::gb_per_s(50));
  auto& assumed_peak = family.matrix[spec::index(spec::Compute::fp16)];
  assumed_peak = test::figure(OpRate::from_base(1e14));

  const auto filled = hw::with_assumed(chip, family);
  EXPECT_EQ(filled.memory_capacity->value.base(), 64e9);
  EXPECT_EQ(filled.memory_bandwidth->value.base(), 2e12);
  EXPECT_EQ(filled.link_scale_up->value.base(), 50e9);
  EXPECT_EQ(filled.peak(spec::Compute::fp16)->value.base(), 1e14);

  // A known BF16 peak, or the knowledge that FP16 is absent, leaves nothing to assume.
  chip.absent[spec::index(spec::Compute::fp16)] = true;
  EXPECT_FALSE(hw::with_assumed(chip, family).peak(spec::Compute::fp16));
  chip.absent.fill(false);
  chip.matrix[spec::index(spec::Compute::bf16)] = test::figure(OpRate::from_base(3e14));
  EXPECT_FALSE(hw::with_assumed(chip, family).peak(spec::Compute::fp16));
}

TEST(Configs, ATemplateTakesTheChipsLinks) {
  const auto chip = catalog().chip("h20");
  const auto system = catalog().system("generic-8");
  ASSERT_EQ(system.chip, "any");
  const auto filled = hw::filled_for(system, chip);
  EXPECT_EQ(filled.chip, "h20");
  ASSERT_FALSE(system.tiers_from_chip.empty());
  EXPECT_EQ(filled.tiers[system.tiers_from_chip[0]].bandwidth->value, chip.link_scale_up->value);
}

}  // namespace
}  // namespace perfmodel
