// Machines made from config files: figures per device, and routes over their tiers.
#include <gtest/gtest.h>

#include "cost/collective.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cost {
namespace {

using spec::Compute;
using test::catalog;

Machine machine(const char* system_id, const char* stack, int systems = 1) {
  const auto system = catalog().system(system_id);
  const auto chip = catalog().chip(system.chip);
  const auto family = catalog().family(chip.family);
  return make_machine(chip, system, systems, &family, catalog().stack(stack));
}

struct Step {
  std::size_t link;
  double fan;
};
void expect_route(const Machine& m, double size, double stride, const std::vector<Step>& expected) {
  const auto r = make_route(m, size, stride);
  ASSERT_EQ(r.count, expected.size()) << size << " by " << stride;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(r.levels[i].link, expected[i].link) << size << " by " << stride;
    EXPECT_DOUBLE_EQ(r.levels[i].fan, expected[i].fan) << size << " by " << stride;
  }
  EXPECT_EQ(r.size, size);
  EXPECT_EQ(r.alone(), size <= 1);
}

TEST(Machine, DividesThePackageOverItsDevices) {
  // A 910C is two devices: half of everything each. 540, 392 and 392 GB/s a chip.
  const auto chip = catalog().chip("ascend910c");
  ASSERT_EQ(chip.devices, 2);
  const auto m = machine("cloudmatrix384", "ceiling");
  EXPECT_DOUBLE_EQ(m.memory.base(), chip.memory_bandwidth->value.base() / 2);
  EXPECT_DOUBLE_EQ(m.capacity.base(), chip.memory_capacity->value.base() / 2);
  EXPECT_DOUBLE_EQ(m.cores, chip.cores->value.base() / 2);
  EXPECT_DOUBLE_EQ(m.peak[spec::index(Compute::int8)].base(),
                   chip.peak(Compute::int8)->value.base() / 2);
  EXPECT_EQ(m.peak[spec::index(Compute::fp8)].base(), 0);  // absent
  ASSERT_EQ(m.link_count, 3u);
  EXPECT_DOUBLE_EQ(m.links[0].bandwidth.base(), 270e9);
  EXPECT_DOUBLE_EQ(m.links[1].bandwidth.base(), 196e9);
  EXPECT_DOUBLE_EQ(m.links[2].bandwidth.base(), 196e9);
  EXPECT_EQ(m.links[0].extent, 2);
  EXPECT_EQ(m.links[1].extent, 16);
  EXPECT_EQ(m.links[2].extent, 768);
}

TEST(Machine, TakesTheSoftwaresShare) {
  const auto chip = catalog().chip("ascend910c");
  const auto system = catalog().system("cloudmatrix384");
  const auto stack = catalog().stack("typical");
  const auto ideal = make_machine(chip, system, 1, nullptr, catalog().stack("ceiling"));
  const auto real = make_machine(chip, system, 1, nullptr, stack);
  // Hardware keeps its published figures; the software's shares stand beside them.
  EXPECT_EQ(real.memory, ideal.memory);
  EXPECT_EQ(real.memory_scale, stack.memory.value.base());
  EXPECT_EQ(real.links[1].bandwidth, ideal.links[1].bandwidth);
  EXPECT_EQ(real.protocols.large, std::min(1.0, stack.link.value.base()));
  EXPECT_EQ(ideal.protocols.small, 1.0);
  EXPECT_EQ(real.peak, ideal.peak);  // efficiencies apply by operator class
  const auto of = [](const Machine& m, ops::OpClass c) {
    return m.efficiency[static_cast<std::size_t>(c)];
  };
  EXPECT_EQ(of(real, ops::OpClass::gemm), stack.gemm.value.base());
  EXPECT_EQ(of(real, ops::OpClass::attention_decode), stack.attention_decode.value.base());
  for (double e : ideal.efficiency) EXPECT_EQ(e, 1.0);
  EXPECT_FALSE(ideal.quantise);
}

TEST(Machine, FamiliesScaleTheSoftwareButNotTheCeiling) {
  const auto chip = catalog().chip("ascend910c");
  const auto system = catalog().system("cloudmatrix384");
  hw::Family family;
  family.scale_matrix = test::figure(Count::from_base(0.5));
  family.scale_memory = test::figure(Count::from_base(0.8));
  family.scale_software = test::figure(Count::from_base(3));
  const auto stack = catalog().stack("typical");
  const auto plain = make_machine(chip, system, 1, nullptr, stack);
  const auto scaled = make_machine(chip, system, 1, &family, stack);
  const auto gemm = static_cast<std::size_t>(ops::OpClass::gemm);
  EXPECT_DOUBLE_EQ(scaled.efficiency[gemm], 0.5 * plain.efficiency[gemm]);
  EXPECT_DOUBLE_EQ(scaled.memory_scale, 0.8 * plain.memory_scale);
  EXPECT_DOUBLE_EQ(scaled.layer.base(), 3 * plain.layer.base());
  EXPECT_EQ(scaled.links[1].bandwidth, plain.links[1].bandwidth);
  const auto ceiling = catalog().stack("ceiling");
  const auto limit = make_machine(chip, system, 1, &family, ceiling);
  EXPECT_EQ(limit.memory_scale, 1.0);
  for (double e : limit.efficiency) EXPECT_EQ(e, 1.0);
}

TEST(Route, CloudMatrix384) {
  const auto m = machine("cloudmatrix384", "ceiling");
  expect_route(m, 1, 1, {});
  expect_route(m, 2, 1, {{0, 2}});                     // the two dies of a package
  expect_route(m, 16, 1, {{0, 2}, {1, 8}});            // a node
  expect_route(m, 32, 1, {{0, 2}, {1, 8}, {2, 2}});    // two nodes over UB
  expect_route(m, 768, 1, {{0, 2}, {1, 8}, {2, 48}});  // all
  expect_route(m, 8, 2, {{1, 8}});                     // one die of each chip of a node
  expect_route(m, 4, 4, {{1, 4}});                     // every second chip
  expect_route(m, 48, 16, {{2, 48}});                  // one die of each node
  expect_route(m, 2, 16, {{2, 2}});                    // pipeline stages of a node each
}

TEST(Route, HgxWithScaleOut) {
  const auto one = machine("hgx-h200", "ceiling");
  ASSERT_EQ(one.link_count, 1u);
  EXPECT_TRUE(one.links[0].reduction);
  const auto m = machine("hgx-h200", "ceiling", 4);
  ASSERT_EQ(m.link_count, 2u);
  EXPECT_EQ(m.links[1].extent, 32);
  EXPECT_DOUBLE_EQ(m.links[1].bandwidth.base(), 50e9);
  expect_route(m, 8, 1, {{0, 8}});
  expect_route(m, 16, 1, {{0, 8}, {1, 2}});
  expect_route(m, 32, 1, {{0, 8}, {1, 4}});
  expect_route(m, 4, 8, {{1, 4}});
  expect_route(m, 16, 2, {{0, 4}, {1, 4}});
}

TEST(Route, AGroupInsideANodeNeverPaysTheNetwork) {
  const auto alone = machine("hgx-h200", "typical");
  auto many = machine("hgx-h200", "typical", 64);
  many.links[1].bandwidth *= 1e-6;
  for (double size : {2.0, 4.0, 8.0}) {
    const auto a = make_route(alone, size, 1);
    const auto b = make_route(many, size, 1);
    const Bytes n = test::bytes(1e6);
    EXPECT_EQ(all_reduce(alone, a, n), all_reduce(many, b, n));
    EXPECT_EQ(all_gather(alone, a, n), all_gather(many, b, n));
    EXPECT_EQ(expert_exchange(alone, a, n, 10, 8), expert_exchange(many, b, n, 10, 8));
    EXPECT_EQ(send(alone, a, n), send(many, b, n));
  }
}

TEST(Route, FansMultiplyToTheGroup) {
  for (const auto& id : catalog().ids(*cli::find_kind("system"))) {
    auto system = catalog().system(id);
    if (system.chip == "any") continue;
    const auto m = machine(id.c_str(), "typical");
    const double devices = m.links[m.link_count - 1].extent;
    for (double stride = 1; stride <= devices; stride *= 2) {
      for (double size = 1; size * stride <= devices; size *= 2) {
        const auto r = make_route(m, size, stride);
        double product = 1;
        for (std::size_t i = 0; i < r.count; ++i) product *= r.levels[i].fan;
        EXPECT_DOUBLE_EQ(product, size) << id << " " << size << " by " << stride;
      }
    }
  }
}

TEST(Route, NamesTheInnermostUnknownLink) {
  auto m = test::round_machine();
  test::add_link(m, 8, 100, 1);
  test::add_link(m, 64, 0, 1);
  m.links[1].known = false;
  EXPECT_EQ(unknown_link(m, make_route(m, 8, 1)), kMaxLinks);
  EXPECT_EQ(unknown_link(m, make_route(m, 16, 1)), 1u);
}

}  // namespace
}  // namespace perfmodel::cost
