#include "cli/data_check.hpp"
#include "cli/bench_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "calibrate/measurement_check.hpp"
#include "calibrate/operator_limit.hpp"
#include "cli/errors.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSources = "sources.csv";

const Kind& kChips = kKinds[0];
const Kind& kLlms = kKinds[4];

std::string source_hint(const std::string& word, const std::set<std::string>& sources) {
  return spec::nearest_hint(word, {sources.begin(), sources.end()},
                            fmt::format("declare it in {}", kSources));
}

}  // namespace

void DataChecker::add(const spec::Diagnostics& own) {
  for (auto& d : own.sorted()) diagnostics_.add(std::move(d));
}

const DataChecker::Known& DataChecker::look_up(const Kind& kind, const std::string& word) {
  const auto [at, fresh] = known_.try_emplace({kind.name, word});
  auto& k = at->second;
  if (!fresh) return k;
  try {
    k.id = catalog_.resolve(kind, word);
  } catch (const UsageError& e) {
    // "unknown chip 'h10' (did you mean 'h100'?)"
    const std::string text = e.what();
    const auto open = text.rfind(" (");
    k.problem = text.substr(0, open);
    if (open != std::string::npos) k.hint = text.substr(open + 2, text.size() - open - 3);
    return k;
  }
  if (kind.name != kChips.name) return k;
  try {
    k.chip = catalog_.chip(k.id);
  } catch (const UsageError&) {
    // The check of the configs tells what is wrong with the file.
  }
  return k;
}

const std::set<std::string>* DataChecker::sources_beside(const fs::path& path) {
  const auto [at, fresh] = sources_.try_emplace(path.parent_path());
  if (fresh) {
    if (const auto text = read_file(path.parent_path() / kSources)) {
      spec::Diagnostics ignored;  // that file's own check tells them
      const auto table = calibrate::parse_csv(*text, "", ignored);
      at->second.emplace();
      if (ignored.empty())
        for (auto& s : calibrate::read_operator_sources(table, "", ignored))
          at->second->insert(std::move(s.id));
    }
  }
  return at->second ? &*at->second : nullptr;
}

void DataChecker::timings(const calibrate::Table& table, const fs::path& path,
                          const std::string& shown) {
  spec::Diagnostics own;
  const auto rows = calibrate::read_operator_timings(table, shown, own);
  const auto* sources = sources_beside(path);
  if (sources == nullptr && !rows.empty())
    own.add({shown,
             {table.header_line, 1},
             "source",
             fmt::format("no {} beside this file declares the sources", kSources),
             ""});
  for (const auto& t : rows) {
    const auto problem = [&](std::string column, std::string message, std::string hint = {}) {
      own.add({shown, {t.line, 1}, std::move(column), std::move(message), std::move(hint)});
    };
    if (!t.id.empty()) {
      const auto [at, fresh] = timing_ids_.try_emplace(t.id, Place{shown, t.line});
      if (!fresh)
        problem("id", fmt::format("'{}' is there twice, first in {}:{}", t.id, at->second.file,
                                  at->second.line));
    }
    if (sources != nullptr && !t.source.empty() && !sources->contains(t.source))
      problem("source", fmt::format("'{}' is not declared", t.source),
              source_hint(t.source, *sources));
    if (t.chip.empty()) continue;
    const auto& chip = look_up(kChips, t.chip);
    if (!chip.problem.empty()) problem("chip", chip.problem, chip.hint);
    if (!chip.chip) continue;
    auto above = calibrate::above_peak(t, *chip.chip);
    if (!above.empty())
      problem("time_us", std::move(above), "correct the row, or give the reason in its flag");
  }
  add(own);
}

void DataChecker::file(const fs::path& path, const std::string& shown, const std::string& text) {
  spec::Diagnostics own;
  const auto table = calibrate::parse_csv(text, shown, own);
  const auto has = [&](std::string_view column) {
    return std::find(table.header.begin(), table.header.end(), column) != table.header.end();
  };
  if (!own.empty()) return add(own);
  if (path.filename() == kSources || has("licence")) {
    calibrate::read_operator_sources(table, shown, own);
  } else if (has("of_roof_percent")) {
    static_cast<void>(read_bench_table(table, shown, own));
  } else if (has("roof") || has("speedup")) {
    // What `perfmodel host` prints, and comparisons with libraries: nothing else is made from them.
  } else if (has("time_us") || has("op")) {
    timings(table, path, shown);
  } else if (has("metric") || has("value")) {
    auto rows = calibrate::read_measurements(table, shown, own);
    for (const auto& m : rows)
      for (const auto& [kind, word, column] :
           {std::tuple{&kChips, &m.chip, "chip"}, std::tuple{&kLlms, &m.model, "model"}}) {
        const auto& k = look_up(*kind, *word);
        if (!k.problem.empty()) own.add({shown, {m.line, 1}, column, k.problem, k.hint});
      }
    std::move(rows.begin(), rows.end(), std::back_inserter(measurements_));
  } else if (!has("fitted_median")) {  // a summary of errors tells nothing of the world
    own.add({shown,
             {table.header_line, 1},
             "",
             "is no table of measurements: neither a column 'metric' nor 'time_us' nor 'licence'",
             "see the SCHEMA.md of results/published, results/operators and results/host"});
  }
  add(own);
}

void DataChecker::finish() {
  spec::Diagnostics own;
  calibrate::check_measurements(measurements_, own);
  measurements_.clear();
  add(own);
}

}  // namespace perfmodel::cli
