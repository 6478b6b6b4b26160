#include "cli/corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace perfmodel::cli {

using calibrate::Measurement;
using calibrate::Metric;
using calibrate::Observation;

namespace {

/// Scatter of a metric's logarithm about the truth: what repeated measurements of one configuration
/// show (1.10x in the median, 1.7x at the 90th percentile over months), wider for time to first
/// token, which is mostly queueing.
double sigma_of(Metric metric) {
  switch (metric) {
    case Metric::ttft:
      return 0.4;
    case Metric::tpot:
    case Metric::step:
    case Metric::itl:
    case Metric::batch_latency:
      return 0.12;
    default:
      return 0.15;
  }
}

bool informs(const Measurement& m) {
  // Tails are not modelled; totals and requests restate the output rate.
  if (m.statistic == "p99" || m.statistic == "p90") return false;
  return *m.metric == Metric::tpot || *m.metric == Metric::ttft || *m.metric == Metric::step ||
         *m.metric == Metric::batch_latency || *m.metric == Metric::output_per_chip ||
         *m.metric == Metric::input_per_chip || *m.metric == Metric::output_per_decode_chip ||
         *m.metric == Metric::total_per_chip;
}

}  // namespace

Corpus express_all(const std::vector<Measurement>& rows, const cost::Stack& base,
                   CatalogLibrary& library) {
  Corpus c;
  std::map<std::string, spec::Outcome<const calibrate::Run*>> known;
  for (const auto& m : rows) {
    const auto key = run_key(m);
    auto at = known.find(key);
    if (at == known.end()) {
      auto run = calibrate::express(m, library, base);
      if (run)
        at = known.emplace(key, &c.runs.emplace_back(std::move(*run))).first;
      else
        at = known.emplace(key, run.error()).first;
    }
    if (!at->second) {
      c.skipped.push_back({&m, at->second.error().reason});
      continue;
    }
    const auto* run = *at->second;
    c.rows.push_back({&m, run, StackShelf::profile_name(m), run->site->family.id});
  }
  return c;
}

std::vector<Observation> observations_of(const Corpus& c,
                                         const std::function<bool(const Measurement&)>& keep) {
  std::map<const calibrate::Run*, std::size_t> order;
  for (const auto& run : c.runs) order.emplace(&run, order.size());
  std::vector<Observation> out;
  for (const auto& r : c.rows) {
    if (!informs(*r.m) || !keep(*r.m)) continue;
    Observation o;
    o.run = r.run;
    o.metric = *r.m->metric;
    o.value = r.m->value;
    o.sigma = sigma_of(o.metric);
    o.profile = r.profile;
    o.family = r.family;
    o.group = fmt::format("{}|{}|{}|{}|{}", r.m->chip, r.m->model, r.m->weights, r.profile,
                          calibrate::name_of(o.metric));
    out.push_back(std::move(o));
  }
  // Rows of one run side by side: the run is then predicted once. By number, not by address, with
  // which the order of sums and so their last digits would change from one process to the next.
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return order.at(a.run) < order.at(b.run); });
  return out;
}

}  // namespace perfmodel::cli
