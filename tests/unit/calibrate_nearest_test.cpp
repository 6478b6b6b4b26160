// Which published runs are like a deployment, and the index that finds them.
#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "calibrate/nearest.hpp"
#include "cli/published_index.hpp"
#include "unit/calibrate_support.hpp"

namespace perfmodel::calibrate {
namespace {

Likeness like() {
  Likeness l;
  l.chip = "h200";
  l.family = "hopper";
  l.llm = "deepseek-r1";
  l.architecture = "latent experts";
  l.active = 37e9;
  l.profile = "sglang-2026";
  l.chips = 16;
  l.tp = 2;
  l.ep = 16;
  l.weight_bits = 8;
  l.input = 4096;
  l.output = 1024;
  l.concurrency = 32;
  l.draft_tokens = 1;
  return l;
}
template <class Change>
double apart(Change change) {
  auto other = like();
  change(other);
  return distance(like(), other);
}

TEST(Distance, IsNoneBetweenEqualsAndGrowsWithEveryDifference) {
  EXPECT_EQ(distance(like(), like()), 0);
  for (const auto member : {&Likeness::chips, &Likeness::tp, &Likeness::ep, &Likeness::weight_bits,
                            &Likeness::input, &Likeness::output, &Likeness::concurrency}) {
    const auto by = [&](double factor) { return apart([&](Likeness& l) { l.*member *= factor; }); };
    EXPECT_GT(by(2), 0);
    EXPECT_GT(by(8), by(2));
    // A ratio counts the same both ways.
    EXPECT_NEAR(by(0.5), by(2), 1e-12);
    EXPECT_NEAR(by(4), 2 * by(2), 1e-12);
  }
  EXPECT_GT(apart([](Likeness& l) { l.draft_tokens = 3; }), 0);
  EXPECT_GT(apart([](Likeness& l) { l.mode = Mode::disaggregated; }), 0);
  EXPECT_GT(apart([](Likeness& l) { l.mode = Mode::static_batch; }),
            apart([](Likeness& l) { l.mode = Mode::disaggregated; }));
}

TEST(Distance, PutsTheModelFirstThenTheChipThenTheSoftware) {
  const double same_kind = apart([](Likeness& l) { l.llm = "deepseek-v3"; });
  const double other_kind = apart([](Likeness& l) {
    l.llm = "llama-3.1-70b";
    l.architecture = "grouped dense";
    l.active = 70e9;
  });
  const double sibling = apart([](Likeness& l) { l.chip = "h100"; });
  const double stranger = apart([](Likeness& l) {
    l.chip = "mi355x";
    l.family = "cdna4";
  });
  const double year = apart([](Likeness& l) { l.profile = "sglang-2025"; });
  const double software = apart([](Likeness& l) { l.profile = "vllm-2026"; });
  EXPECT_GT(other_kind, same_kind);
  EXPECT_GT(stranger, sibling);
  EXPECT_GT(software, year);
  EXPECT_GT(same_kind, sibling);
  EXPECT_GT(other_kind, stranger);
  EXPECT_GT(sibling, software);
  EXPECT_GT(year, 0);
  // Typical software is nobody's in particular.
  auto typical = like();
  typical.profile = "typical";
  EXPECT_EQ(distance(typical, like()), 0);
}

TEST(Distance, IsFiniteWhateverIsNotKnown) {
  const auto d = apart([](Likeness& l) {
    l.concurrency = l.input = l.output = l.chips = l.active = l.weight_bits = 0;
    l.llm = "unheard-of";
  });
  EXPECT_TRUE(std::isfinite(d));
  // Not knowing is worse than being close, and better than being far.
  const auto unknown = apart([](Likeness& l) { l.concurrency = 0; });
  EXPECT_GT(unknown, apart([](Likeness& l) { l.concurrency *= 1.5; }));
  EXPECT_LT(unknown, apart([](Likeness& l) { l.concurrency *= 100; }));
}

TEST(Nearest, AreInOrderAndOfEqualsTheFirst) {
  std::vector<Likeness> runs(4, like());
  runs[0].input *= 4;
  runs[2].input *= 2;
  const auto near = nearest(like(), runs, 3);
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0].at, 1u);
  EXPECT_EQ(near[1].at, 3u);
  EXPECT_EQ(near[2].at, 2u);
  EXPECT_EQ(near[0].distance, 0);
  EXPECT_EQ(nearest(like(), runs, 9).size(), 4u);
  EXPECT_TRUE(nearest(like(), {}, 3).empty());
}

RunIndex small_index() {
  RunIndex index;
  index.files = {{"a.csv", 1000, {0, 40}}, {"b b.csv", 7, {3, 4}}};
  index.runs = {like(), like()};
  index.runs[1].mode = Mode::offline_max;
  index.runs[1].active = 1.0 / 3;
  index.places = {{0, {{40, 100}, {300, 9}}}, {1, {{5, 2}}}};
  return index;
}

TEST(RunIndex, ReadsBackTheSame) {
  const auto index = small_index();
  const auto text = to_text(index);
  const auto back = parse_index(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_text(*back), text);
  EXPECT_EQ(back->files[1].name, "b b.csv");
  EXPECT_EQ(back->places[0].rows, index.places[0].rows);
  EXPECT_EQ(back->runs[1].active, 1.0 / 3);
  EXPECT_EQ(back->runs[1].mode, Mode::offline_max);
  EXPECT_EQ(distance(back->runs[0], like()), 0);
}

TEST(RunIndex, IsEmptyForAnyOtherText) {
  const auto text = to_text(small_index());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto part = parse_index(std::string_view(text).substr(0, size));
    // Whole lines of it are an index of fewer runs.
    if (part) {
      EXPECT_EQ(text[size - 1], '\n') << size;
      EXPECT_LT(part->runs.size(), 2u);
    }
  }
  const auto with = [&](const std::string& was, const std::string& is) {
    auto t = text;
    t.replace(t.find(was), was.size(), is);
    return parse_index(t).has_value();
  };
  EXPECT_FALSE(with("index 1", "index 2"));
  EXPECT_FALSE(with("offline_max", "offline_min"));
  EXPECT_FALSE(with("\t4096\t", "\tnan\t"));
  EXPECT_FALSE(with("\t4096\t", "\t-4096\t"));
  EXPECT_FALSE(with("\t4096\t", "\t4096 \t"));
  EXPECT_FALSE(with("\n2\n", "\n99999999999999999\n"));
  EXPECT_FALSE(with("\n2\n", "\n1\n"));
}

const cli::Catalog& catalog() {
  return test::catalog();
}

TEST(PublishedIndex, IsUpToDate) {
  const auto text = cli::read_file(cli::index_path(catalog()));
  ASSERT_TRUE(text);
  EXPECT_TRUE(*text == to_text(cli::make_index(catalog())))
      << "results/published/index.tsv is stale: perfmodel index";
}

/// Every row that the program predicts is in one run, and comes back as it was.
TEST(PublishedIndex, LeadsToEveryPredictedRowOnce) {
  const auto index = cli::load_index(catalog());
  std::set<std::string> found;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < index.runs.size(); ++i) {
    const auto all = cli::rows_at(catalog(), index, index.places[i]);
    ASSERT_FALSE(all.empty()) << i;
    for (const auto& m : all) {
      // Sources write "910b" where they do not say which.
      EXPECT_EQ(catalog().resolve(*cli::find_kind("chip"), m.chip), index.runs[i].chip);
      EXPECT_EQ(m.model, index.runs[i].llm);
      EXPECT_EQ(name_of(index.runs[i].mode), m.mode_text);
      found.insert(m.file + m.id + m.metric_text + m.statistic + m.notes + std::to_string(m.value));
      ++rows;
    }
  }
  const auto published = cli::load_measurements(cli::published_files(catalog()));
  const cli::StackShelf shelf(catalog(), "");
  cli::CatalogLibrary library(catalog());
  std::size_t expected = 0;
  for (const auto& m : published) {
    const auto& stack = shelf.for_row(m);
    const auto run = express(m, library, stack);
    if (!run) continue;
    const auto p = predict(*run, stack);
    if (!p || !value_of(*p, *run, *m.metric)) continue;
    ++expected;
    EXPECT_EQ(found.count(m.file + m.id + m.metric_text + m.statistic + m.notes +
                          std::to_string(m.value)),
              1u)
        << m.file << ":" << m.line;
  }
  EXPECT_EQ(rows, expected);
}

}  // namespace
}  // namespace perfmodel::calibrate
