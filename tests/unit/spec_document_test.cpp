#include <gtest/gtest.h>

#include <chrono>

#include "spec/document.hpp"

namespace perfmodel::spec {
namespace {

struct Parsed {
  Document document;
  std::string problems;
};
Parsed parse_text(std::string_view text, const Limits& limits = {}) {
  Diagnostics diagnostics;
  auto document = parse_document(text, "f.yaml", diagnostics, limits);
  return {std::move(document), diagnostics.to_string()};
}
std::string problems_of(std::string_view text, const Limits& limits = {}) {
  return parse_text(text, limits).problems;
}

const Node& at(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  EXPECT_NE(found, nullptr) << key;
  static const Node none;
  return found == nullptr ? none : *found;
}

TEST(ParseDocument, KeepsShapeOrderAndMarks) {
  const auto [document, problems] = parse_text("b: 1\na:\n  - x\n  - {c: 'd e'}\nn: ~\nm:\n");
  EXPECT_EQ(problems, "");
  const Node& root = document.root;
  ASSERT_EQ(root.kind, Node::Kind::map);
  ASSERT_EQ(root.entries.size(), 4u);
  EXPECT_EQ(root.entries[0].first.scalar, "b");
  EXPECT_EQ(root.entries[1].first.scalar, "a");
  const Node& list = at(root, "a");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0].mark.line, 3);
  EXPECT_EQ(list.items[0].mark.column, 5);
  const Node& text = at(list.items[1], "c");
  EXPECT_EQ(text.scalar, "d e");
  EXPECT_EQ(text.mark.line, 4);
  EXPECT_EQ(text.mark.column, 9);
  EXPECT_EQ(at(root, "n").kind, Node::Kind::null);
  EXPECT_EQ(at(root, "m").kind, Node::Kind::null);
  EXPECT_EQ(at(root, "m").mark.line, 6);  // the key's, not what follows
  EXPECT_EQ(root.find("absent"), nullptr);
}

TEST(ParseDocument, CountsColumnsInCharacters) {
  const auto document = parse_text("größe: {ключ: 芯片, x: y}\n").document;
  EXPECT_EQ(at(at(document.root, "größe"), "x").mark.column, 22);
}

TEST(ParseDocument, AcceptsByteOrderMarkCarriageReturnsAndCoreTags) {
  const auto [document, problems] = parse_text(
      "\xEF\xBB\xBF"
      "a: !!str 1\r\nb: !!seq [!!int 2]\r\nc: !!map {d: !!bool true}\r\n");
  EXPECT_EQ(problems, "");
  EXPECT_EQ(at(document.root, "a").scalar, "1");
  EXPECT_EQ(at(document.root, "a").mark.column, 4);
  EXPECT_EQ(at(document.root, "b").mark.line, 2);
}

TEST(ParseDocument, ExpandsAliasesWithTheMarkOfTheAlias) {
  const auto [document, problems] = parse_text("a: &x {k: v}\nb: *x\n*x : c\n");
  EXPECT_EQ(problems, "f.yaml:3:1: a key must be a word\n");
  EXPECT_EQ(at(at(document.root, "b"), "k").scalar, "v");
  EXPECT_EQ(at(document.root, "b").mark.line, 2);
}

TEST(ParseDocument, KeepsWhatItReadBeforeAProblem) {
  const auto [document, problems] = parse_text("a: 1\nb: {c: 2, d: [3, 4\n");
  EXPECT_NE(problems, "");
  EXPECT_EQ(at(document.root, "a").scalar, "1");
  EXPECT_EQ(at(at(document.root, "b"), "c").scalar, "2");
}

TEST(ParseDocument, KeepsTheFirstOfDuplicateKeys) {
  const auto document = parse_text("a: 1\na: 2\n").document;
  ASSERT_EQ(document.root.entries.size(), 1u);
  EXPECT_EQ(at(document.root, "a").scalar, "1");
}

TEST(ParseDocument, RefusesCyclicAliases) {
  EXPECT_EQ(problems_of("&a [*a]"),
            "f.yaml:1:5: an alias inside the very value that it stands for\n");
  EXPECT_EQ(problems_of("&a {k: &b [*a, *b]}"),
            "f.yaml:1:12: an alias inside the very value that it stands for\n"
            "f.yaml:1:16: an alias inside the very value that it stands for\n");
}

TEST(ParseDocument, HoldsTheByteLimitExactly) {
  EXPECT_EQ(problems_of("a: 1\n", {.bytes = 5}), "");
  EXPECT_EQ(problems_of("a: 1\n", {.bytes = 4}),
            "f.yaml:1:1: file of 5 bytes is larger than the limit of 4\n");
}

TEST(ParseDocument, HoldsTheDepthLimitExactly) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(problems_of(nested(16)), "");
  EXPECT_EQ(problems_of(nested(17)), "f.yaml:1:17: nested deeper than 16 levels\n");
  EXPECT_EQ(problems_of(nested(3), {.depth = 3}), "");
  EXPECT_NE(problems_of(nested(4), {.depth = 3}), "");
  EXPECT_EQ(problems_of("a: &a [[x]]\nb: [*a]\n", {.depth = 4}), "");
  EXPECT_EQ(problems_of("a: &a [[x]]\nb: [*a]\n", {.depth = 3}),
            "f.yaml:2:5: nested deeper than 3 levels\n");
}

TEST(ParseDocument, HoldsTheNodeLimitExactly) {
  EXPECT_EQ(problems_of("[a, b, c]", {.nodes = 4}), "");
  EXPECT_EQ(problems_of("[a, b, c]", {.nodes = 3}),
            "f.yaml:1:8: more than 3 values after expansion of aliases\n");
  // The list, a, the copy that its anchor keeps, and two expansions.
  EXPECT_EQ(problems_of("[&a a, *a, *a]", {.nodes = 5}), "");
  EXPECT_NE(problems_of("[&a a, *a, *a]", {.nodes = 4}), "");
}

TEST(ParseDocument, HoldsTheAliasLimitExactly) {
  EXPECT_EQ(problems_of("[&a a, *a, *a]", {.aliases = 2}), "");
  EXPECT_EQ(problems_of("[&a a, *a, *a]", {.aliases = 1}), "f.yaml:1:12: more than 1 aliases\n");
}

// Whatever is repeated to a megabyte must be dealt with in well under the time a person would
// notice.
class Hostile : public testing::TestWithParam<const char*> {};
TEST_P(Hostile, IsDealtWithQuickly) {
  const std::string_view unit = GetParam();
  std::string text;
  while (text.size() + unit.size() < Limits{}.bytes) text += unit;
  const auto start = std::chrono::steady_clock::now();
  problems_of(text);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(taken.count(), 10.0);  // seconds; a sanitizer on a busy machine is slow
}
INSTANTIATE_TEST_SUITE_P(Repeated, Hostile,
                         testing::Values("[", "{", "]", "}", "- ", "-\n", "? ", ": ", "?", ":", ",",
                                         "&a ", "*a ", "! ", "!", "!!a ", "'", "\"", "|\n", ">\n",
                                         "|", "#", "# \n", "%", "% a\n", "---\n", "...\n", "\t",
                                         " ", "\n", "\r", "a", "a ", "a: ", "a:\n ", "a: b\n",
                                         "[a, ", "{a: ", "{a: b}, ", "\\", "\"\\x41", "[]", "{}",
                                         "[],", "- - ", "- a\n", "? a\n", "a\n", "a\n\n", "\u00e4",
                                         "&a\n", "? [", "- {", "*a: ", "'' ", "'':"));

}  // namespace
}  // namespace perfmodel::spec
