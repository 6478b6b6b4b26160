#include "sweep/metrics.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "spec/wording.hpp"

namespace perfmodel::sweep {
namespace {

constexpr double kMilli = 1e3;  // per second
constexpr double kGiga = 1e9;

double ms(Time t) {
  return t.base() * kMilli;
}
double gb(Bytes b) {
  return b.base() / kGiga;
}
double per_chip(Frequency f, const Site& s) {
  return f.base() * s.engines / s.chips;
}

constexpr std::array kMetrics = {
    Metric{"concurrency", Better::more, false,
           [](const Point& p, const Site& s) { return p.batch * s.attention_ranks() * s.engines; }},
    Metric{"ttft_ms", Better::less, false, [](const Point& p, const Site&) { return ms(p.ttft); }},
    Metric{"tpot_ms", Better::less, false, [](const Point& p, const Site&) { return ms(p.tpot); }},
    Metric{"decode_step_ms", Better::less, false,
           [](const Point& p, const Site&) { return ms(p.decode_step); }},
    Metric{"prefill_ms", Better::less, false,
           [](const Point& p, const Site&) { return ms(p.prefill); }},
    Metric{"tokens_per_s_per_user", Better::more, false,
           [](const Point& p, const Site&) { return 1.0 / p.tpot.base(); }},
    Metric{"output_tokens_per_s_per_chip", Better::more, false,
           [](const Point& p, const Site& s) { return per_chip(p.output_rate, s); }},
    Metric{"output_tokens_per_s_system", Better::more, false,
           [](const Point& p, const Site& s) { return p.output_rate.base() * s.engines; }},
    Metric{"input_tokens_per_s_per_chip", Better::more, false,
           [](const Point& p, const Site& s) { return per_chip(p.input_rate, s); }},
    Metric{"decode_only_tokens_per_s_per_chip", Better::more, false,
           [](const Point& p, const Site& s) {
             const double sequences = p.batch * s.attention_ranks();
             return per_chip(sequences * (1.0 + s.accepted) / p.decode_step, s);
           }},
    Metric{"memory_used_gb", Better::less, true,
           [](const Point& p, const Site&) { return gb(p.memory_used); }},
    Metric{"memory_free_gb", Better::more, true,
           [](const Point& p, const Site& s) { return gb(s.memory() - p.memory_used); }},
};

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

std::optional<std::size_t> find_metric(std::string_view name) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i)
    if (kMetrics[i].name == name) return i;
  return std::nullopt;
}

std::string metric_hint(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& m : kMetrics) {
    // The unit is what people leave out.
    if (!name.empty() && m.name.starts_with(name)) return fmt::format("did you mean '{}'?", m.name);
    names.push_back(m.name);
  }
  return spec::nearest_hint(name, names);
}

bool Keep::accepts(const Point& point, const Site& site) const {
  if (fits && !has_numbers(point.verdict)) return false;
  if (slo && point.verdict != Verdict::ok) return false;
  return std::all_of(bounds.begin(), bounds.end(), [&](const Bound& b) {
    const auto& m = kMetrics[b.metric];
    if (!m.known(point.verdict)) return false;
    const double v = m.value(point, site);
    return v >= b.min && v <= b.max;
  });
}

}  // namespace perfmodel::sweep
