#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibrate/run.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/measurements.hpp"
#include "cli/output.hpp"
#include "report/format.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Measurement;

/// One measured number and what became of it.
struct Line {
  const Measurement* m = nullptr;
  std::string stack;
  double predicted = 0;
  std::string skipped;  // reason, empty if predicted
  bool saturated = false;
};

struct Words {
  std::vector<std::string> data;
  std::string by = "metric";
  std::string format = "table";
  std::string stack;
  std::string out;
};

std::vector<Line> predict_all(const std::vector<Measurement>& rows, const StackShelf& shelf,
                              CatalogLibrary& library) {
  std::vector<Line> lines;
  lines.reserve(rows.size());
  // Rows of one run share the deployment.
  struct Known {
    spec::Outcome<calibrate::Run> run;
    spec::Outcome<calibrate::Prediction> prediction;
  };
  std::map<std::string, Known> runs;
  for (const auto& m : rows) {
    Line l;
    l.m = &m;
    const auto& stack = shelf.for_row(m);
    l.stack = stack.id;
    const auto key = run_key(m);
    auto at = runs.find(key);
    if (at == runs.end()) {
      auto run = calibrate::express(m, library, stack);
      auto prediction =
          run ? calibrate::predict(*run, stack) : spec::Outcome<calibrate::Prediction>(run.error());
      at = runs.emplace(key, Known{std::move(run), std::move(prediction)}).first;
    }
    const auto& known = at->second;
    if (!known.run) {
      l.skipped = known.run.error().reason;
    } else if (!known.prediction) {
      l.skipped = known.prediction.error().reason;
    } else {
      const auto v = calibrate::value_of(*known.prediction, *known.run, *m.metric);
      l.saturated = known.prediction->saturated;
      if (v)
        l.predicted = *v;
      else
        l.skipped = v.error().reason;
    }
    lines.push_back(std::move(l));
  }
  return lines;
}

struct Grouping {
  std::string_view word;
  std::string (*of)(const Line&);
};
constexpr std::array<Grouping, 7> kGroupings = {
    {{"metric", [](const Line& l) { return l.m->metric_text; }},
     {"mode", [](const Line& l) { return l.m->mode_text; }},
     {"chip", [](const Line& l) { return l.m->chip; }},
     {"model", [](const Line& l) { return l.m->model; }},
     {"stack",
      [](const Line& l) { return l.m->stack.empty() ? std::string("(not stated)") : l.m->stack; }},
     {"profile", [](const Line& l) { return l.stack; }},
     {"source", [](const Line& l) { return l.m->source; }}}};

/// The groupings that `--by` names, in its order; UsageError with the nearest word for any other.
std::vector<const Grouping*> groupings_of(const std::string& by) {
  std::vector<const Grouping*> all;
  for (std::size_t at = 0; at <= by.size();) {
    const auto end = std::min(by.find(',', at), by.size());
    const auto word = by.substr(at, end - at);
    at = end + 1;
    const auto* found = std::find_if(kGroupings.begin(), kGroupings.end(),
                                     [&](const Grouping& g) { return g.word == word; });
    if (found == kGroupings.end()) {
      std::vector<std::string_view> words;
      for (const auto& g : kGroupings) words.push_back(g.word);
      const auto near = spec::nearest(word, words);
      throw UsageError(fmt::format("--by: unknown group '{}' ({})", word,
                                   near.empty() ? fmt::format("one of {}", fmt::join(words, ", "))
                                                : fmt::format("did you mean '{}'?", near)));
    }
    all.push_back(found);
  }
  return all;
}

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

std::string render_table(const std::vector<Line>& lines, const std::vector<const Grouping*>& by) {
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
  for (const auto* one : by) {
    std::vector<std::vector<std::string>> table = {
        {std::string(one->word), "n", "median", "mean", "p90", "bias", "rank"}};
    add_rows(table, lines, *one);
    s += "\n" + in_columns(table, report::Align::right);
  }
  return s;
}

std::string render_csv(const std::vector<Line>& lines) {
  std::string s =
      "id,source,chip,model,stack,profile,mode,metric,measured,predicted,ratio,saturated,"
      "skipped\r\n";
  for (const auto& l : lines) {
    const auto& m = *l.m;
    for (const auto* f :
         {&m.id, &m.source, &m.chip, &m.model, &m.stack, &l.stack, &m.mode_text, &m.metric_text})
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

int run(const Words& w, const Chosen& chosen) {
  const auto by = groupings_of(w.by);
  check_writable(w.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto rows = load_measurements(w.data.empty() ? published_files(catalog) : w.data);
  const StackShelf shelf(catalog, w.stack);
  CatalogLibrary library(catalog);
  const auto lines = predict_all(rows, shelf, library);
  emit(w.out, w.format == "csv" ? render_csv(lines) : render_table(lines, by));
  return kExitDone;
}

}  // namespace

void add_validate(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand("validate", "predictions against published measurements");
  c->add_option("--data", w->data, "measurement files; default results/published");
  c->add_option("--by", w->by,
                "groups: metric, mode, chip, model, stack, profile, source, several by commas")
      ->capture_default_str();
  c->add_option("--stack", w->stack, "one software profile for all rows instead of each row's own");
  c->add_option("--format", w->format, "table or csv (one line per row)")
      ->check(CLI::IsMember({"table", "csv"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
