// The fleet's answer for a terminal, and as a section of a report.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/fleet_content.hpp"
#include "report/fleet_format.hpp"
#include "report/markdown_text.hpp"
#include "report/screen.hpp"

namespace perfmodel::report {

std::string fleet_table(const FleetRecord& record, int width) {
  Screen screen(static_cast<std::size_t>(std::max(width, 0)), false);
  screen.banners(record.banners);
  screen.statements(fleet_question(record));
  screen.gap();
  screen.grid(fleet_workloads(record));
  screen.statements(fleet_limits(record));
  if (has_inventory(record)) {
    screen.gap();
    screen.grid(fleet_allocation(record));
    screen.gap();
    screen.grid(fleet_hardware(record));
    screen.gap();
    screen.grid(fleet_variants(record));
    screen.gap();
    screen.grid(fleet_more(record));
    screen.gap();
    screen.grid(fleet_rates(record));
    screen.statements(fleet_reasons(record));
  }
  screen.gap();
  screen.grid(fleet_production(record));
  screen.gap();
  screen.grid(fleet_supply(record));
  screen.statements(fleet_supply_notes(record));
  screen.statements(fleet_assumed(record));
  return std::move(screen).text();
}

std::string fleet_markdown(const FleetRecord& record) {
  std::string out = fmt::format("# Fleet {}\n\n", escaped(record.fleet));
  for (const auto& banner : record.banners)
    out += fmt::format("> **Note:** {}\n\n", escaped(banner));
  put_list(out, fleet_question(record));
  const auto lines = [&](const std::vector<Statement>& statements) {
    if (!statements.empty()) out += '\n';
    for (const auto& s : statements) out += fmt::format("- {}\n", escaped(s.text));
  };
  put_section(out, "Workloads", fleet_workloads(record));
  lines(fleet_limits(record));
  if (has_inventory(record)) {
    put_section(out, "What serves them", fleet_allocation(record));
    put_section(out, "Chips", fleet_hardware(record));
    put_section(out, "By other objectives", fleet_variants(record));
    put_section(out, "What more chips would change", fleet_more(record));
    put_section(out, "Rates", fleet_rates(record));
    lines(fleet_reasons(record));
  }
  put_section(out, "Supply", fleet_production(record));
  put_section(out, "What a supply serves", fleet_supply(record));
  lines(fleet_supply_notes(record));
  lines(fleet_assumed(record));
  if (!record.version.empty()) out += fmt::format("\nperfmodel {}\n", escaped(record.version));
  return out;
}

}  // namespace perfmodel::report
