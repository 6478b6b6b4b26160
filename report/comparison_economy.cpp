#include <fmt/format.h>

#include "report/comparison_content.hpp"

namespace perfmodel::report {

Grid economy(const ComparisonRecord& record) {
  Grid grid;
  grid.columns = {{"power and cost", Align::left},
                  {"max kW"},
                  {"kW"},
                  {"site kW"},
                  {"J/token"},
                  {"tok/s/MW"},
                  {"USD/M in"},
                  {"USD/M out"},
                  {"p10 .. p90"},
                  {"rented"}};
  for (const auto& s : record.systems)
    if (is_feasible(s)) grid.rows.push_back(economy_row(s.label, s.answer));
  return grid;
}

std::vector<Statement> economy_notes(const ComparisonRecord& record) {
  std::vector<Statement> out;
  const auto note = [&](const std::string& text) {
    out.push_back({out.empty() ? "unknown" : "", text});
  };
  for (const auto& s : record.systems) {
    if (!is_feasible(s)) continue;
    const auto& power = s.answer.power;
    const auto& cost = s.answer.cost;
    std::string text;
    if (!power.absent.empty()) {
      text = power.absent;
    } else {
      if (!cost.absent.empty()) text = cost.absent;
      if (!power.widest.empty())
        text += fmt::format("{}energy most by {}", text.empty() ? "" : "; ", power.widest);
      if (!cost.widest.empty()) text += fmt::format(", cost most by {}", cost.widest);
    }
    if (!text.empty()) note(fmt::format("{}: {}", s.label, text));
  }
  return out;
}

}  // namespace perfmodel::report
