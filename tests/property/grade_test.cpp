// The weakest grade of an answer is that of the weakest figure it rests on.
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/estimate.hpp"
#include "hall.hpp"
#include "spec/sourced.hpp"

namespace perfmodel::property {
namespace {

std::size_t rank_of(const std::string& grade) {
  for (std::size_t i = 0;; ++i)
    if (spec::name_of(static_cast<spec::Grade>(i)) == grade) return i;
}

/// Figures of the profile and of the kernels that it scales are "software", of the model neither.
enum class Side { hardware, software, model, economy };
Side side_of(const report::FigureRow& f) {
  if (f.file.find("/stacks/") != std::string::npos || f.path.starts_with("family.kernels.") ||
      f.path.starts_with("family.scale."))
    return Side::software;
  if (f.economy) return Side::economy;
  return f.path.starts_with("llm.") ? Side::model : Side::hardware;
}

TEST(WeakestGrade, IsTheMaximumOverTheFigures) {
  std::size_t answers = 0, number = 0;
  const auto& h = hall();
  for (const auto& setup : h.setups) {
    for (const auto* llm : {"llama-3.1-8b", "deepseek-r1", "gpt-oss-20b"}) {
      if (number++ % (kSanitized ? 11 : 1) != 0) continue;
      cli::EstimateArguments words;
      words.chip = setup.chip.id;
      words.llm = llm;
      words.assume = true;
      words.no_compare = true;
      const auto result = cli::run_estimate(h.catalog, cli::check_arguments(words));
      const auto& r = result.record;
      if (result.status != 0) continue;
      ++answers;
      std::size_t weakest[] = {0, 0, 0, 0};
      std::size_t count[] = {0, 0, 0, 0};
      for (const auto& f : r.figures) {
        const auto side = static_cast<std::size_t>(side_of(f));
        weakest[side] = std::max(weakest[side], rank_of(f.grade));
        ++count[side];
        EXPECT_FALSE(f.path.empty()) << setup.chip.id;
        EXPECT_FALSE(f.value.empty()) << setup.chip.id << " " << f.path;
      }
      EXPECT_GE(count[0], 4u) << setup.chip.id;
      EXPECT_GE(count[1], 10u) << setup.chip.id;
      EXPECT_EQ(count[2], 1u) << setup.chip.id;
      EXPECT_EQ(count[3] == 0, !setup.chip.tdp) << setup.chip.id;
      EXPECT_EQ(rank_of(r.weakest_grade), weakest[0]) << setup.chip.id << " " << r.weakest_path;
      EXPECT_EQ(rank_of(r.weakest_stack_grade), weakest[1]) << setup.chip.id;
      const auto named = std::find_if(r.figures.begin(), r.figures.end(), [&](const auto& f) {
        return r.weakest_path.starts_with(f.path + " = ");
      });
      ASSERT_NE(named, r.figures.end()) << setup.chip.id << " " << r.weakest_path;
      EXPECT_EQ(named->grade, r.weakest_grade) << setup.chip.id;
    }
  }
  EXPECT_GT(answers, kSanitized ? 8u : 100u);
}

}  // namespace
}  // namespace perfmodel::property
