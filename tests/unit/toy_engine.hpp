// An engine without operators, whose passes take known times.
#pragma once

#include "phase/plan.hpp"
#include "serving/workload.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::test {

/// Two layers of nothing but a cache.
inline phase::Plan toy_plan(const mapping::Parallelism& parallelism, Bytes cache_per_token = {}) {
  phase::Plan plan;
  plan.model.layers = 2;
  plan.parallelism = parallelism;
  plan.model.cache.per_token = cache_per_token;
  return plan;
}

/// Two layers at 1 ms and a step of 3 ms: 5 ms for every pass.
inline cost::Machine five_ms() {
  auto m = round_machine();
  m.layer = ms(1);
  m.step = ms(3);
  m.chunk = 8192;
  return m;
}

inline serving::Workload lengths(double input, double output) {
  serving::Workload w;
  w.input = input;
  w.output = output;
  return w;
}

}  // namespace perfmodel::test
