// Profiles written as YAML read back as the same profiles.
#include <gtest/gtest.h>

#include "cli/stack_yaml.hpp"
#include "spec/document.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cli {
namespace {

cost::Stack read_back(const cost::Stack& s) {
  spec::Diagnostics d;
  const auto text = stack_yaml(s);
  const auto document = spec::parse_document(text, s.id + ".yaml", d);
  const auto back = cost::read_stack(document, d);
  EXPECT_TRUE(d.empty()) << d.to_string() << text;
  return back.value_or(cost::Stack{});
}

template <class Q>
void expect_same(const char* name, const spec::Sourced<Q>& a, const spec::Sourced<Q>& b) {
  EXPECT_DOUBLE_EQ(a.value.base(), b.value.base()) << name;
  EXPECT_DOUBLE_EQ(a.low.base(), b.low.base()) << name;
  EXPECT_DOUBLE_EQ(a.high.base(), b.high.base()) << name;
  EXPECT_EQ(a.grade, b.grade) << name;
  EXPECT_EQ(a.sources, b.sources) << name;
  EXPECT_EQ(a.note, b.note) << name;
}

void expect_same(const cost::Stack& a, const cost::Stack& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.aliases, b.aliases);
  EXPECT_EQ(a.date, b.date);
  EXPECT_EQ(a.about, b.about);
  EXPECT_EQ(a.serves, b.serves);
  EXPECT_EQ(a.quantise, b.quantise);
  EXPECT_EQ(a.sharpness, b.sharpness);
  EXPECT_EQ(a.notes, b.notes);
  const auto figure = [&](const char* name, auto member) {
    expect_same(name, a.*member, b.*member);
  };
  using S = cost::Stack;
  figure("gemm", &S::gemm);
  figure("grouped_gemm", &S::grouped_gemm);
  figure("attention_prefill", &S::attention_prefill);
  figure("attention_decode", &S::attention_decode);
  figure("vector", &S::vector);
  figure("memory", &S::memory);
  figure("link", &S::link);
  figure("launch", &S::launch);
  figure("layer", &S::layer);
  figure("expert_layer", &S::expert_layer);
  figure("step", &S::step);
  figure("sequence", &S::sequence);
  figure("collective", &S::collective);
  figure("dispatch", &S::dispatch);
  figure("combine", &S::combine);
  figure("request", &S::request);
  figure("overlap_shared_expert", &S::overlap_shared_expert);
  figure("overlap_communication", &S::overlap_communication);
  figure("memory_use", &S::memory_use);
  figure("interference", &S::interference);
  figure("in_step", &S::in_step);
  figure("imbalance", &S::imbalance);
  figure("chunk", &S::chunk);
  ASSERT_EQ(a.residual.size(), b.residual.size());
  for (std::size_t i = 0; i < a.residual.size(); ++i) {
    EXPECT_EQ(a.residual[i].left_out, b.residual[i].left_out);
    EXPECT_EQ(a.residual[i].of, b.residual[i].of);
    EXPECT_EQ(a.residual[i].rows, b.residual[i].rows);
    EXPECT_EQ(a.residual[i].median, b.residual[i].median);
    EXPECT_EQ(a.residual[i].p90, b.residual[i].p90);
    EXPECT_EQ(a.residual[i].bias, b.residual[i].bias);
  }
  ASSERT_EQ(a.sources.size(), b.sources.size());
  for (std::size_t i = 0; i < a.sources.size(); ++i) {
    EXPECT_EQ(a.sources[i].id, b.sources[i].id);
    EXPECT_EQ(a.sources[i].title, b.sources[i].title);
    EXPECT_EQ(a.sources[i].url, b.sources[i].url);
    EXPECT_EQ(a.sources[i].date, b.sources[i].date);
  }
}

TEST(StackYaml, ReadsBackTheSameForEveryProfile) {
  for (const auto& id : test::catalog().ids(*find_kind("stack"))) {
    SCOPED_TRACE(id);
    const auto s = test::catalog().stack(id);
    expect_same(s, read_back(s));
  }
}

TEST(StackYaml, KeepsAwkwardText) {
  auto s = test::catalog().stack("typical");
  s.name = "a \"quoted\" name, with: colons # and \\ slashes";
  s.about = "line one\nline\ttwo";
  s.aliases = {"one", "two-words"};
  s.serves = {"TensorRT-LLM", "a, b", "{}[]"};
  s.notes = {"- not a list", "'single' \"double\"", "昇腾"};
  s.gemm.note = "more: \"text\"";
  expect_same(s, read_back(s));
}

TEST(StackYaml, KeepsUnfittedFiguresInFull) {
  auto s = test::catalog().stack("typical");
  s.chunk.high = Count::from_base(123456);
  s.vector.value = Count::from_base(0.765432);
  const auto back = read_back(s);
  EXPECT_EQ(back.chunk.high.base(), 123456);
  EXPECT_EQ(back.vector.value.base(), 0.765432);
}

}  // namespace
}  // namespace perfmodel::cli
