#include <gtest/gtest.h>

#include "spec/reader.hpp"

namespace perfmodel::spec {
namespace {

TEST(Nearest, FindsSlips) {
  const std::vector<std::string_view> keys = {"bandwidth", "capacity", "kind"};
  EXPECT_EQ(nearest("bandwith", keys), "bandwidth");
  EXPECT_EQ(nearest("BANDWIDTH", keys), "bandwidth");
  EXPECT_EQ(nearest("knid", keys), "kind");
  EXPECT_EQ(nearest("badnwitdh", keys), "bandwidth");  // two transpositions, four substitutions
  EXPECT_EQ(nearest("xapaxitx", keys), "");            // three slips in eight letters are no slip
  EXPECT_EQ(nearest("bandwidthxyz", keys), "bandwidth");  // but three in twelve are
  EXPECT_EQ(nearest("xy", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("kind", {}), "");
}

TEST(Nearest, NeverProposesAWordWithNothingInCommon) {
  EXPECT_EQ(nearest("ab", {"xy"}), "");
}

TEST(Nearest, PrefersTheFirstOfEquallyNear) {
  EXPECT_EQ(nearest("fp1", {"fp8", "fp4"}), "fp8");
}

TEST(Nearest, IsCheapForHugeWords) {
  EXPECT_EQ(nearest(std::string(1u << 20, 'x'), {"bandwidth"}), "");
}

TEST(Diagnostics, LeavesOutEmptyParts) {
  EXPECT_EQ(to_string(Diagnostic{"f.yaml", {3, 5}, "a.b", "is bad", "do good"}),
            "f.yaml:3:5: a.b: is bad (do good)");
  EXPECT_EQ(to_string(Diagnostic{"f.yaml", {}, "", "is bad", ""}), "f.yaml: is bad");
  EXPECT_EQ(to_string(Diagnostic{"", {}, "a", "is bad", ""}), "a: is bad");
  EXPECT_EQ(to_string(Diagnostic{"", {2, 1}, "", "is bad", ""}), "2:1: is bad");
}

TEST(Diagnostics, SortsByFileLineColumnAndKeepsTheOrderOfEquals) {
  Diagnostics d;
  d.add({"b", {1, 1}, "", "5", ""});
  d.add({"a", {10, 1}, "", "4", ""});
  d.add({"a", {2, 9}, "", "2", ""});
  d.add({"a", {2, 9}, "", "3", ""});
  d.add({"a", {2, 1}, "", "1", ""});
  std::string order;
  for (const auto& item : d.sorted()) order += item.message;
  EXPECT_EQ(order, "12345");
}

TEST(Diagnostics, EscapesControlCharacters) {
  EXPECT_EQ(to_string(Diagnostic{"f", {}, "a\nb", "\x1b[2J\xC2\x9B", "\x7f"}),
            "f: a\\x0ab: \\x1b[2J\\x9b (\\x7f)");
}

class ReaderTest : public testing::Test {
 protected:
  void load(std::string_view text) {
    document_ = parse_document(text, "f.yaml", diagnostics_);
    context_.emplace(document_, "chip", diagnostics_);
    root_.emplace(document_.root, "", *context_);
  }
  Document document_;
  Diagnostics diagnostics_;
  std::optional<Context> context_;
  std::optional<MapReader> root_;
};

TEST_F(ReaderTest, ReadsPlainValues) {
  load("t: word\ni: -7\nn: 0.5\nb: false\nl: [a, b]\nc: two\nq: 50 ms\n");
  EXPECT_EQ(root_->text("t", Need::required), "word");
  EXPECT_EQ(root_->integer("i", Need::required, -7, 7), -7);
  EXPECT_EQ(root_->number("n", Need::required, 0, 0.5), 0.5);
  EXPECT_EQ(root_->boolean("b", Need::required), false);
  EXPECT_EQ(root_->texts("l", Need::required), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(root_->choice<int>("c", Need::required, {{"one", 1}, {"two", 2}}), 2);
  EXPECT_EQ(root_->quantity<Time>("q", Need::required)->base(), 0.05);
  EXPECT_EQ(root_->text("absent", Need::optional), std::nullopt);
  EXPECT_TRUE(root_->has("t"));
  EXPECT_FALSE(root_->has("absent"));
  EXPECT_EQ(root_->keys(), (std::vector<std::string>{"t", "i", "n", "b", "l", "c", "q"}));
  root_->finish();
  EXPECT_EQ(diagnostics_.to_string(), "");
}

TEST_F(ReaderTest, ReadsAFigureInBaseUnits) {
  load(
      "memory:\n"
      "  bandwidth: {value: 3.2 TB/s, range: [2.7, 3.5], grade: paper, source: [a, b], note: "
      "text}\n"
      "  share: {value: 0.5, grade: rumour, source: a}\n"
      "sources: {a: {title: A, url: u, date: 2025-06-01}, b: {title: B}}\n");
  const auto sources = context_->read_sources();
  auto memory = root_->map("memory", Need::required);
  const auto f = memory->figure<Bandwidth>("bandwidth", Need::required);
  const auto share = memory->figure<Count>("share", Need::required);
  memory->finish();
  root_->finish();
  context_->finish();
  ASSERT_EQ(diagnostics_.to_string(), "");
  EXPECT_EQ(f->value.base(), 3.2e12);
  EXPECT_EQ(f->low.base(), 2.7e12);
  EXPECT_EQ(f->high.base(), 3.5e12);
  EXPECT_EQ(f->grade, Grade::paper);
  EXPECT_EQ(f->sources, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(f->note, "text");
  EXPECT_EQ(f->origin.path, "chip.memory.bandwidth");
  EXPECT_EQ(f->origin.file, "f.yaml");
  EXPECT_EQ(f->origin.mark.line, 2);
  EXPECT_EQ(f->origin.mark.column, 3);
  EXPECT_FALSE(f->overridden);
  EXPECT_EQ(share->low, share->value);
  EXPECT_EQ(share->high, share->value);
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].id, "a");
  EXPECT_EQ(sources[0].date, "2025-06-01");
  EXPECT_EQ(sources[1].title, "B");
}

TEST_F(ReaderTest, AFigureWithAnyProblemIsNoFigure) {
  load("f: {value: 3 s, range: [4, 5], grade: assumed, note: n}\n");
  EXPECT_FALSE(root_->figure<Time>("f", Need::required));
  EXPECT_EQ(diagnostics_.size(), 1u);
}

TEST_F(ReaderTest, SourcesAreAnUnknownKeyUnlessRead) {
  load("sources: {a: {title: A}}\n");
  root_->finish();
  EXPECT_EQ(diagnostics_.size(), 1u);
}

TEST_F(ReaderTest, MarksOfKeysAndValues) {
  load("a: 1\nbb: 2\n");
  EXPECT_EQ(root_->mark_of_value("bb").line, 2);
  EXPECT_EQ(root_->mark_of_value("bb").column, 5);
  EXPECT_EQ(root_->mark_of_value("c").line, root_->mark().line);
}

TEST_F(ReaderTest, HeaderTakesTheIdFromTheKindAndTheNameFromTheId) {
  document_ =
      parse_document("schema: 1\nchip: h200\naliases: [hopper-2]\n", "dir/h200.yaml", diagnostics_);
  context_.emplace(document_, "chip", diagnostics_);
  root_.emplace(document_.root, "", *context_);
  const auto header = read_header(*root_, "chip");
  root_->finish();
  EXPECT_EQ(diagnostics_.to_string(), "");
  EXPECT_EQ(header.id, "h200");
  EXPECT_EQ(header.name, "h200");
  EXPECT_EQ(header.aliases, std::vector<std::string>{"hopper-2"});
}

TEST(SourceDates, AreChecked) {
  for (const auto& [date, good] : std::vector<std::pair<std::string, bool>>{{"2025", true},
                                                                            {"2025-12", true},
                                                                            {"2025-12-31", true},
                                                                            {"2025-00", false},
                                                                            {"2025-1", false},
                                                                            {"2025-01-32", false},
                                                                            {"2025/01", false},
                                                                            {"25-01-01", false}}) {
    Diagnostics diagnostics;
    const auto document =
        parse_document("sources: {a: {title: A, date: \"" + date + "\"}}", "f.yaml", diagnostics);
    Context context(document, "chip", diagnostics);
    context.read_sources();
    EXPECT_EQ(diagnostics.empty(), good) << date;
  }
}

}  // namespace
}  // namespace perfmodel::spec
