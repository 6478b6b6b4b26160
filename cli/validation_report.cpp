#include "cli/validation_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "calibrate/slices.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "cli/comma_list.hpp"
#include "cli/errors.hpp"
#include "report/format.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {
namespace {

std::string kind_of(const calibrate::Measurement& m) {
  for (const auto& slice : calibrate::slices())
    if (calibrate::holds(slice, m)) return std::string(slice.title);
  return "other";
}

constexpr std::array<Grouping, 10> kGroupings = {
    {{"metric", [](const Line& l) { return l.m->metric_text; }},
     {"mode", [](const Line& l) { return l.m->mode_text; }},
     {"chip", [](const Line& l) { return l.m->chip; }},
     {"model", [](const Line& l) { return l.m->model; }},
     {"llm", [](const Line& l) { return l.m->model; }},
     {"stack",
      [](const Line& l) { return l.m->stack.empty() ? std::string("(not stated)") : l.m->stack; }},
     {"profile", [](const Line& l) { return l.profile; }},
     {"source", [](const Line& l) { return l.m->source; }},
     {"kind", [](const Line& l) { return kind_of(*l.m); }},
     {"left-out",
      [](const Line& l) { return l.left_out.empty() ? std::string("nothing") : l.left_out; }}}};

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100.0);
}

void add_rows(std::vector<std::vector<std::string>>& table, const std::vector<Line>& lines,
              const Grouping& by) {
  std::map<std::string, std::vector<calibrate::Pair>> groups;
  for (const auto& l : lines)
    if (l.skipped.empty()) groups[by.of(l)].push_back({l.m->value, l.predicted});
  for (const auto& [name, pairs] : groups) {
    const auto e = calibrate::errors_of(pairs);
    table.push_back({name, std::to_string(e.count), percent(e.median), percent(e.mean),
                     percent(e.p90), fmt::format("{:.2f}", e.bias), fmt::format("{:.2f}", e.rank)});
  }
}

}  // namespace

std::vector<const Grouping*> groupings_of(const std::string& by) {
  std::vector<const Grouping*> all;
  for (const auto& word : comma_separated(by)) {
    const auto* found = std::find_if(kGroupings.begin(), kGroupings.end(),
                                     [&](const Grouping& g) { return g.word == word; });
    if (found == kGroupings.end()) {
      std::vector<std::string_view> words;
      for (const auto& g : kGroupings) words.push_back(g.word);
      throw UsageError(
          fmt::format("--by: unknown group '{}' ({})", word, spec::nearest_hint(word, words)));
    }
    all.push_back(found);
  }
  return all;
}

std::string grouping_words() {
  std::vector<std::string_view> words;
  for (const auto& g : kGroupings) words.push_back(g.word);
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string validation_table(const std::vector<Line>& lines,
                             const std::vector<const Grouping*>& by) {
  std::size_t expressed = 0;
  std::map<std::string, std::size_t> reasons;
  for (const auto& l : lines) {
    if (l.skipped.empty())
      ++expressed;
    else
      ++reasons[l.skipped];
  }
  std::string s = fmt::format(
      "{} of {} measured numbers expressed ({})\n", expressed, lines.size(),
      percent(lines.empty() ? 0
                            : static_cast<double>(expressed) / static_cast<double>(lines.size())));
  for (const auto& [reason, count] : reasons)
    s += fmt::format("  {:>5} skipped: {}\n", count, reason);
  return s + error_tables(lines, by);
}

std::string error_tables(const std::vector<Line>& lines, const std::vector<const Grouping*>& by) {
  std::string s;
  for (const auto* one : by) {
    std::vector<std::vector<std::string>> table = {
        {std::string(one->word), "n", "median", "mean", "p90", "bias", "rank"}};
    add_rows(table, lines, *one);
    s += "\n" + in_columns(table, report::Align::right);
  }
  return s;
}

std::string validation_csv(const std::vector<Line>& lines) {
  std::string s =
      "id,source,chip,model,stack,profile,left_out,mode,metric,measured,predicted,ratio,saturated,"
      "skipped\r\n";
  for (const auto& l : lines) {
    const auto& m = *l.m;
    for (const auto* f : {&m.id, &m.source, &m.chip, &m.model, &m.stack, &l.profile, &l.left_out,
                          &m.mode_text, &m.metric_text})
      s += report::csv_field(*f) + ",";
    s += report::csv_number(m.value) + ",";
    if (l.skipped.empty())
      s += report::csv_number(l.predicted) + "," + report::csv_number(l.predicted / m.value);
    else
      s += ",";
    s += fmt::format(",{},{}\r\n", l.saturated ? "yes" : "", report::csv_field(l.skipped));
  }
  return s;
}

}  // namespace perfmodel::cli
