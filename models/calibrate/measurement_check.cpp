#include "calibrate/measurement_check.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "spec/date.hpp"
#include "spec/wording.hpp"

namespace perfmodel::calibrate {
namespace {

/// By metric, in the order of their names.
constexpr std::array<std::string_view, kMetricNames.size()> kUnits = {
    "ms", "ms", "ms", "ms", "tok/s", "tok/s", "tok/s", "tok/s", "tok/s", "s", "req/s", "W", "J"};

/// A batch job of which the source does not say how many requests were in flight: kept, not
/// modelled.
constexpr std::string_view kOffline = "offline";

}  // namespace

void check_measurements(const std::vector<Measurement>& rows, spec::Diagnostics& diagnostics) {
  std::vector<std::string_view> modes(kModeNames.begin(), kModeNames.end());
  modes.push_back(kOffline);
  std::unordered_map<std::string, const Measurement*> seen;
  for (const auto& m : rows) {
    const auto problem = [&](std::string column, std::string message, std::string hint = {}) {
      diagnostics.add(
          {m.file, {m.line, 1}, std::move(column), std::move(message), std::move(hint)});
    };
    if (m.id.empty()) {
      problem("id", "is empty");
    } else {
      const auto [at, fresh] = seen.emplace(m.id + '\n' + m.metric_text, &m);
      if (!fresh)
        problem("id", fmt::format("'{}' has its {} twice, first in {}:{}", m.id, m.metric_text,
                                  at->second->file, at->second->line));
    }
    if (!m.date.empty() && !spec::is_date(m.date))
      problem("date", fmt::format("'{}' is not a date", m.date), std::string(spec::kDateHint));
    if (!m.mode && m.mode_text != kOffline)
      problem("mode", fmt::format("unknown mode '{}'", m.mode_text),
              spec::nearest_hint(m.mode_text, modes));
    if (m.metric && m.unit != kUnits[static_cast<std::size_t>(*m.metric)])
      problem("unit", fmt::format("'{}' is not the unit of {}", m.unit, m.metric_text),
              fmt::format("write {}", kUnits[static_cast<std::size_t>(*m.metric)]));
  }
}

}  // namespace perfmodel::calibrate
