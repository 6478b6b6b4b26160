#include "calibrate/parameters.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::calibrate {
namespace {

/// Figures of a Stack that are fitted, in the order of profile_parameters().
template <class Visit>
void for_each_fitted(cost::Stack& s, const Visit& visit) {
  visit(s.gemm);
  visit(s.grouped_gemm);
  visit(s.attention_prefill);
  visit(s.attention_decode);
  visit(s.memory);
  visit(s.link);
  visit(s.kernel_start);
  visit(s.launch);
  visit(s.layer);
  visit(s.expert_layer);
  visit(s.step);
  visit(s.sequence);
  visit(s.collective);
  visit(s.dispatch);
  visit(s.combine);
  visit(s.request);
  visit(s.interference);
  visit(s.in_step);
  visit(s.queue);
  visit(s.acceptance);
}

}  // namespace

const std::vector<Parameter>& profile_parameters() {
  // Priors. Kernels are taken to do as those timed for the architecture's curves, up to 5 to 20 %;
  // in a served model a fifth of their start is hidden. Times are orders of magnitude, and wide.
  static const std::vector<Parameter> all = {
      {"efficiency.gemm", 1.0, 0.1, 0.1, 0.3, 1.3},
      {"efficiency.grouped_gemm", 1.0, 0.2, 0.2, 0.2, 1.5},
      {"efficiency.attention_prefill", 1.0, 0.15, 0.15, 0.3, 1.5},
      {"efficiency.attention_decode", 1.0, 0.15, 0.15, 0.3, 1.5},
      {"efficiency.memory", 1.0, 0.05, 0.05, 0.5, 1.15},
      {"efficiency.link", 1.0, 0.1, 0.15, 0.2, 1.5},
      {"overhead.kernel_start", 0.8, 0.3, 0.25, 0.1, 3.0, true},
      {"overhead.launch", 1.5e-6, 0.5, 0.4, 0.1e-6, 20e-6, true},
      {"overhead.layer", 10e-6, 0.7, 0.6, 1e-6, 500e-6, true},
      {"overhead.expert_layer", 5e-6, 0.8, 0.5, 0.5e-6, 300e-6, true},
      {"overhead.step", 1e-3, 0.7, 0.6, 20e-6, 50e-3, true},
      {"overhead.sequence", 10e-6, 0.7, 0.6, 0.1e-6, 500e-6, true},
      {"overhead.collective", 5e-6, 0.5, 0.4, 1e-6, 60e-6, true},
      {"overhead.dispatch", 50e-6, 0.4, 0.3, 5e-6, 300e-6},
      {"overhead.combine", 40e-6, 0.4, 0.3, 5e-6, 300e-6},
      {"overhead.request", 15e-3, 0.7, 0.7, 0.1e-3, 1.0},
      {"serving.interference", 1.1, 0.15, 0.2, 0.4, 4.0},
      {"serving.in_step", 0.2, 1.0, 1.0, 0.01, 1.0},
      {"serving.queue", 1.5, 0.7, 0.7, 0.01, 16.0},
      {"serving.acceptance", 0.7, 0.15, 0.15, 0.2, 0.95},
  };
  return all;
}

const std::vector<Parameter>& family_parameters() {
  static const std::vector<Parameter> all = {
      {"scale.matrix", 1.0, 0.15, 0.15, 0.4, 1.25},
      {"scale.memory", 1.0, 0.08, 0.08, 0.6, 1.14},
      {"scale.software", 1.0, 0.12, 0.12, 0.25, 4.0},
  };
  return all;
}

std::vector<FittedFigure> fitted_figures(cost::Stack& stack) {
  std::vector<FittedFigure> all;
  for_each_fitted(stack, [&](auto& figure) {
    FittedFigure f;
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(figure)>, spec::Sourced<Count>>)
      f.share = &figure;
    else
      f.time = &figure;
    all.push_back(f);
  });
  return all;
}

cost::Stack with_values(const cost::Stack& stack, const Values& profile, const Values& family) {
  cost::Stack s = stack;
  std::size_t i = 0;
  for_each_fitted(s, [&](auto& figure) {
    using Q = std::remove_reference_t<decltype(figure.value)>;
    figure.value = Q::from_base(profile[i++]);
  });
  for (auto* f : {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode})
    f->value *= family[0];
  s.memory.value *= family[1];
  for (auto* f : {&s.launch, &s.layer, &s.expert_layer, &s.step, &s.sequence, &s.collective})
    f->value *= family[2];
  s.kernel_start.value *= family[2];
  return s;
}

}  // namespace perfmodel::calibrate
