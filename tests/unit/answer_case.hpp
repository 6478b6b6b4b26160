// An answer whose ranges a test can set: one model on one server of H200, 32 sequences per rank.
#pragma once

#include <stdexcept>
#include <vector>

#include "search/deployment.hpp"
#include "search/provenance.hpp"
#include "uncertainty/intervals.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::test {

struct AnswerCase {
  hw::Chip chip = catalog().chip("h200");
  hw::System system = hw::filled_for(catalog().system("hgx-h200"), chip);
  hw::Family family = catalog().family(chip.family);
  cost::Stack stack;
  llm::LlmSpec llm;
  int tp = 1;
  serving::Workload workload = catalog().workload("default");
  std::vector<search::OtherBin> bins;
  uncertainty::PerMetric<uncertainty::Discrepancy> discrepancy{};

  template <class Use>
  auto use(const Use& use) const {
    const search::Site site{chip, family, system, 1, bins};
    const auto precision = mapping::resolve({}, llm, chip);
    const auto machine = cost::make_machine(chip, system, 1, &family, stack);
    const search::Problem problem{llm, machine, *precision, workload, 8};
    search::Request request;
    request.parallelism = mapping::Parallelism{.tp = tp};
    request.batch = 32;
    const auto found = search::find_deployment(problem, request);
    if (!found) throw std::logic_error(found.error().reason);
    return use(uncertainty::Answer{*found, site, nullptr, stack, workload, discrepancy});
  }

  template <class Q>
  static void know(spec::Sourced<Q>& f) {
    f.low = f.high = f.value;
  }
  template <class Q>
  static void know(hw::Figure<Q>& f) {
    if (f) know(*f);
  }
  /// Every range of chip and system of width nothing.
  void know_hardware() {
    for (auto& p : chip.matrix) know(p);
    know(chip.vector_fp16);
    know(chip.vector_fp32);
    know(chip.memory_bandwidth);
    know(chip.memory_capacity);
    know(chip.cache);
    know(chip.cores);
    for (auto& t : system.tiers) {
      know(t.bandwidth);
      know(t.latency);
    }
  }
};

}  // namespace perfmodel::test
