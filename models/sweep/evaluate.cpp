#include "sweep/evaluate.hpp"

namespace perfmodel::sweep {
namespace {

bool meets(const Point& p, const serving::Slo& slo) {
  return (!slo.tpot || p.tpot <= *slo.tpot) && (!slo.ttft || p.ttft <= *slo.ttft);
}

}  // namespace

Verdict verdict_of(spec::Why why) {
  switch (why) {
    case spec::Why::invalid_mapping:
      return Verdict::invalid_mapping;
    case spec::Why::out_of_memory:
      return Verdict::out_of_memory;
    case spec::Why::unsupported_type:
      return Verdict::unsupported_type;
    case spec::Why::missing_figure:
      return Verdict::missing_figure;
    case spec::Why::slo_unreachable:
      return Verdict::slo_missed;
    case spec::Why::too_long:
      return Verdict::too_long;
  }
  return Verdict::invalid_mapping;
}

void evaluate_block(const Site& site, const serving::Workload& workload,
                    std::span<const double> batches, std::span<Point> out) {
  const bool too_long = workload.input + workload.output > site.max_context;
  bool prefilled = false;
  serving::PrefillCost prefill;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    auto& p = out[i];
    p.batch = batches[i];
    if (too_long) {
      p.verdict = Verdict::too_long;
      continue;
    }
    const auto memory = serving::memory_plan(*site.plan, *site.machine, workload, p.batch);
    p.memory_used = memory.used();
    if (!memory.fits()) {
      p.verdict = Verdict::out_of_memory;
      continue;
    }
    if (!prefilled) prefill = serving::prefill_cost(*site.plan, *site.machine, workload);
    prefilled = true;
    const auto steady =
        serving::steady_state(*site.plan, *site.machine, workload, prefill, site.accepted, p.batch);
    p.ttft = steady.ttft;
    p.tpot = steady.tpot;
    p.decode_step = steady.decode_step;
    p.prefill = steady.prefill;
    p.output_rate = steady.output_rate;
    p.input_rate = steady.input_rate;
    p.verdict = meets(p, workload.slo) ? Verdict::ok : Verdict::slo_missed;
  }
}

}  // namespace perfmodel::sweep
