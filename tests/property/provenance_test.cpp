// What an answer lists as its figures is what it rests on: a figure that is not in the list can
// change without changing the answer.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hall.hpp"
#include "search/provenance.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::property {
namespace {

/// As Specs keys figures.
std::string key_of(const search::UsedFigure& f) {
  return f.path + " " + f.origin.file.substr(f.origin.file.find_last_of('/') + 1);
}

TEST(Provenance, FiguresNotListedDoNotMatter) {
  std::size_t unlisted = 0;
  std::size_t listed = 0;
  std::size_t felt = 0;
  for_each_subject({.weights = {"", "bf16", "fp8"}, .every = 29}, [&](const Subject& s) {
    if (enough_failures()) return;
    const auto& setup = *s.setup;
    for (const auto* stack : {&hall().typical, &hall().ceiling}) {
      const auto workload = usual_workload(*s.llm);
      search::Deployment d;
      d.plan = s.plan;
      d.batch = 8;
      const search::Site site{setup.chip, setup.family, setup.system, setup.systems};
      std::set<std::string> used;
      for (const auto& f : search::used_figures(d, site, *s.llm, *stack)) used.insert(key_of(f));
      for (const auto& p : uncertainty::pulls({d, site, nullptr, *stack, workload, {}, 0})) {
        if (used.contains(p.key)) {
          ++listed;
          felt += p.moves || p.room ? 1 : 0;
          continue;
        }
        ++unlisted;
        EXPECT_FALSE(p.moves || p.room) << s.text() << " " << stack->id << " " << p.key;
      }
    }
  });
  EXPECT_GT(unlisted, floor_of(1000));
  EXPECT_GT(felt, listed / 4) << listed;
}

}  // namespace
}  // namespace perfmodel::property
