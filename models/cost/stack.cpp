#include "cost/stack.hpp"

#include "spec/config_file.hpp"

namespace perfmodel::cost {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

constexpr FigureRule kShare{.min = 0.0, .min_exclusive = true, .max = 1.0};
constexpr FigureRule kFactor{.min = 0.0, .min_exclusive = true, .max = 4.0};
constexpr FigureRule kShareOrNone{.min = 0.0, .min_exclusive = false, .max = 1.0};
constexpr FigureRule kTime{.min = 0.0, .min_exclusive = false};

template <class Q>
void read(MapReader& r, std::string_view key, const FigureRule& rule, spec::Sourced<Q>& out) {
  if (auto f = r.figure<Q>(key, Need::required, rule)) out = *f;
}

}  // namespace

const spec::Sourced<Count>& Stack::efficiency(ops::OpClass c) const {
  switch (c) {
    case ops::OpClass::gemm:
      return gemm;
    case ops::OpClass::grouped_gemm:
      return grouped_gemm;
    case ops::OpClass::attention_prefill:
      return attention_prefill;
    case ops::OpClass::attention_decode:
      return attention_decode;
    case ops::OpClass::vector:
      return vector;
    case ops::OpClass::link:
      return link;
  }
  return gemm;
}

std::optional<Stack> read_stack(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "stack", diagnostics);
  auto& root = file.root();
  auto s = file.begin<Stack>();
  s.date = root.text("date", Need::required).value_or("");
  s.about = root.text("about", Need::required).value_or("");
  s.serves = root.texts("serves", Need::optional);
  s.quantise = root.boolean("quantise", Need::required).value_or(true);
  s.sharpness = root.number("sharpness", Need::required, 0, 64).value_or(4);
  if (auto e = root.map("efficiency", Need::required)) {
    read(*e, "gemm", kFactor, s.gemm);
    read(*e, "grouped_gemm", kFactor, s.grouped_gemm);
    read(*e, "attention_prefill", kFactor, s.attention_prefill);
    read(*e, "attention_decode", kFactor, s.attention_decode);
    read(*e, "vector", kShare, s.vector);
    read(*e, "memory", kFactor, s.memory);
    read(*e, "link", kFactor, s.link);
    e->finish();
  }
  if (auto o = root.map("overhead", Need::required)) {
    read(*o, "kernel_start", FigureRule{.min = 0.0, .min_exclusive = false, .max = 10},
         s.kernel_start);
    read(*o, "launch", kTime, s.launch);
    read(*o, "layer", kTime, s.layer);
    read(*o, "expert_layer", kTime, s.expert_layer);
    read(*o, "step", kTime, s.step);
    read(*o, "sequence", kTime, s.sequence);
    read(*o, "collective", kTime, s.collective);
    read(*o, "dispatch", kTime, s.dispatch);
    read(*o, "combine", kTime, s.combine);
    read(*o, "request", kTime, s.request);
    o->finish();
  }
  if (auto o = root.map("overlap", Need::required)) {
    read(*o, "shared_expert", kShareOrNone, s.overlap_shared_expert);
    read(*o, "communication", kShareOrNone, s.overlap_communication);
    o->finish();
  }
  if (auto v = root.map("serving", Need::required)) {
    read(*v, "memory_use", kShare, s.memory_use);
    read(*v, "interference", FigureRule{.min = 0.0, .min_exclusive = false, .max = 10},
         s.interference);
    read(*v, "in_step", kShareOrNone, s.in_step);
    read(*v, "queue", FigureRule{.min = 0.0, .min_exclusive = false, .max = 64}, s.queue);
    read(*v, "acceptance", kShareOrNone, s.acceptance);
    read(*v, "imbalance", FigureRule{.min = 1.0, .min_exclusive = false, .max = 16}, s.imbalance);
    read(*v, "chunk", FigureRule{.min = 1.0, .min_exclusive = false, .max = 1e7}, s.chunk);
    v->finish();
  }
  s.residual = read_residuals(root);
  return file.end(std::move(s));
}

}  // namespace perfmodel::cost
