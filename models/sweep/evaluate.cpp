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
    case spec::Why::saturated:  // by a given rate, which a sweep has not
      return Verdict::slo_missed;
    case spec::Why::too_long:
      return Verdict::too_long;
  }
  return Verdict::invalid_mapping;
}

void PointEvaluator::evaluate(const Site& site, const serving::Slo& slo,
                              std::span<const serving::Point> asked, std::span<Point> out) {
  const auto& plan = site.points->plan();
  const auto& machine = site.points->machine();
  fitting_.clear();
  which_.clear();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& [batch, lengths] = asked[i];
    out[i] = {};
    out[i].batch = batch;
    if (lengths.input + lengths.output > site.max_context) {
      out[i].verdict = Verdict::too_long;
      continue;
    }
    const auto memory = serving::memory_plan(plan, machine, lengths, batch);
    out[i].memory_used = memory.used();
    if (!memory.fits()) {
      out[i].verdict = Verdict::out_of_memory;
      continue;
    }
    fitting_.push_back(asked[i]);
    which_.push_back(i);
  }
  answers_.resize(fitting_.size());
  site.points->evaluate(fitting_, answers_);
  for (std::size_t j = 0; j < fitting_.size(); ++j) {
    const auto& a = answers_[j];
    auto& p = out[which_[j]];
    p.ttft = a.ttft;
    p.tpot = a.tpot;
    p.decode_step = a.decode_step;
    p.prefill = a.prefill;
    p.output_rate = a.output_rate;
    p.input_rate = a.input_rate;
    p.verdict = meets(p, slo) ? Verdict::ok : Verdict::slo_missed;
  }
}

}  // namespace perfmodel::sweep
