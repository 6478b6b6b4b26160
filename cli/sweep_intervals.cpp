#include "cli/sweep_intervals.hpp"

#include <algorithm>
#include <array>

#include "cli/intervals.hpp"

namespace perfmodel::cli {
namespace {

using uncertainty::Metric;

struct Name {
  std::string_view metric;
  Metric of;
  bool inverse = false;
};
constexpr std::array<Name, 9> kUncertain = {{
    {"ttft_ms", Metric::ttft},
    {"tpot_ms", Metric::tpot},
    {"decode_step_ms", Metric::decode_step},
    {"prefill_ms", Metric::prefill},
    {"tokens_per_s_per_user", Metric::tpot, true},
    {"output_tokens_per_s_per_chip", Metric::output_rate},
    {"output_tokens_per_s_system", Metric::output_rate},
    {"input_tokens_per_s_per_chip", Metric::input_rate},
    {"decode_only_tokens_per_s_per_chip", Metric::decode_only},
}};

}  // namespace

uncertainty::Interval UncertainColumn::factors(const uncertainty::PointIntervals& point) const {
  const auto& f = point.interval[uncertainty::index(of)];
  return inverse ? uncertainty::Interval{1.0 / f.p90, 1.0 / f.p50, 1.0 / f.p10} : f;
}

std::vector<UncertainColumn> uncertain_columns(const sweep::Sweep& s) {
  std::vector<UncertainColumn> columns;
  if (s.samples == 0) return columns;
  for (const auto m : s.columns) {
    const auto at = std::find_if(kUncertain.begin(), kUncertain.end(), [&](const Name& n) {
      return n.metric == sweep::metrics()[m].name;
    });
    if (at != kUncertain.end()) columns.push_back({m, at->of, at->inverse});
  }
  return columns;
}

RowIntervals::RowIntervals(const LoadedSweep& sweep) : loaded_(sweep), catalog_(sweep.configs) {}

void RowIntervals::prepare(const PlannedSite& planned) {
  if (made_of_ == planned.made_of) return;
  made_of_.reset();
  const auto& stack = *planned.stack;
  const auto what = unseen(loaded_.runs, planned.setup->chip.id, planned.llm->id, stack);
  const uncertainty::ModelError error{discrepancies(catalog_, stack, what, false), common_of(what)};
  basis_ = interval_basis(stack, what);
  const uncertainty::Sampling how{loaded_.sweep.samples, loaded_.sweep.seed};
  sampler_.emplace(planned.setup->site(), stack, error, how);
  made_of_ = planned.made_of;
}

void RowIntervals::evaluate(const PlannedSite& planned, std::span<const serving::Point> asked,
                            std::span<RowInterval> out) {
  if (asked.empty()) return;
  prepare(planned);
  found_.resize(asked.size());
  sampler_->sample(planned.points->plan(), planned.site.accepted, loaded_.sweep.slo, asked, found_);
  for (std::size_t i = 0; i < found_.size(); ++i) out[i] = {found_[i], basis_};
}

}  // namespace perfmodel::cli
