// What an answer lists as its figures is what it rests on: a figure of the architecture's curves
// that is not in the list can change without changing the answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "hall.hpp"
#include "search/provenance.hpp"

namespace perfmodel::property {
namespace {

/// Calls `visit(path, changed family)` once for each curve figure that the family has, made 1.3
/// times slower.
template <class Visit>
void for_each_change(const hw::Family& family, const Visit& visit) {
  hw::Family changed = family;
  const auto change = [&](std::string_view, const spec::FigureRule&, auto& figure) {
    if (!figure) return;
    const auto keep = figure->value;
    figure->value = keep * 0.7;
    visit(figure->origin.path, changed);
    figure->value = keep;
  };
  for (auto& curve : changed.kernels.classes) hw::KernelCurve::each(change, curve);
  hw::LinkCurve::each(change, changed.kernels.link);
}

TEST(Provenance, CurveFiguresNotListedDoNotMatter) {
  std::size_t unlisted = 0, listed = 0, felt = 0;
  for_each_subject({.weights = {"", "bf16", "fp8"}, .every = 29}, [&](const Subject& s) {
    if (enough_failures()) return;
    const auto& setup = *s.setup;
    const auto& typical = hall().typical;
    const auto workload = usual_workload(*s.llm);
    search::Deployment d;
    d.plan = s.plan;
    std::set<std::string> paths;
    const search::Site site{setup.chip, setup.family, setup.system, setup.systems};
    for (const auto& f : search::used_figures(d, site, *s.llm, typical)) paths.insert(f.path);
    const auto before = steady_of(s.plan, s.typical, workload, 8);
    for_each_change(setup.family, [&](const std::string& path, const hw::Family& changed) {
      const auto machine =
          cost::make_machine(setup.chip, setup.system, setup.systems, &changed, typical);
      const auto after = steady_of(s.plan, machine, workload, 8);
      const bool same = after.tpot == before.tpot && after.ttft == before.ttft;
      if (paths.contains(path)) {
        ++listed;
        felt += same ? 0 : 1;
        return;
      }
      ++unlisted;
      EXPECT_TRUE(same) << s.text() << " " << path;
    });
  });
  EXPECT_GT(unlisted, floor_of(1000));
  EXPECT_GT(felt, listed / 4) << listed;
}

}  // namespace
}  // namespace perfmodel::property
