#include "diff/google_benchmark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

constexpr std::string_view kHeader = "name,iterations,real_time,cpu_time,time_unit,";
/// Aggregates by the ends of their names, as the CSV tells them.
constexpr std::array<std::string_view, 2> kAverages = {"_mean", "_median"};
constexpr std::array<std::string_view, 4> kOthers = {"_stddev", "_cv", "_BigO", "_RMS"};

struct Run {
  int line = 0;
  std::string name;
  std::string of;  // for a mean or median: the name of the repetitions
  std::map<std::string, std::string> values;
};

/// The times of a run in nanoseconds; false if the unit is unknown.
bool in_nanoseconds(std::map<std::string, std::string>& values, std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units = {
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  const auto* found =
      std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == unit; });
  if (found == units.end()) return false;
  for (const auto* time : {"real_time", "cpu_time"}) {
    const auto node = values.extract(time);
    if (node.empty()) continue;
    const auto scan = scan_entire(node.mapped());
    const bool number = scan.status == NumberScan::Status::ok;
    values[fmt::format("{}_ns", time)] =
        number ? fmt::format("{}", scan.value * found->second) : node.mapped();
  }
  return true;
}

Listing listing_of(const std::vector<Run>& runs) {
  std::set<std::string> repeated, counters;
  for (const auto& r : runs) {
    if (r.of.empty()) repeated.insert(r.name);
    for (const auto& [name, value] : r.values) counters.insert(name);
  }
  std::vector<std::string> columns = {"real_time_ns", "cpu_time_ns", "error", "label"};
  for (const auto& c : columns) counters.erase(c);
  columns.insert(columns.end(), counters.begin(), counters.end());
  Listing listing;
  listing.rows.push_back({1, {"benchmark"}});
  auto& header = listing.rows.front().fields;
  header.insert(header.end(), columns.begin(), columns.end());
  for (const auto& r : runs) {
    if (repeated.contains(r.of)) continue;
    Listing::Row row{r.line, {r.name}};
    for (const auto& c : columns) {
      const auto at = r.values.find(c);
      row.fields.push_back(at == r.values.end() ? "" : at->second);
    }
    listing.rows.push_back(std::move(row));
  }
  return listing;
}

/// The CSV's own header, below the description of the machine; npos if there is none.
std::size_t find_csv_header(std::string_view text) {
  constexpr std::size_t most = 1 << 16;  // the description takes about ten lines
  const auto head = text.substr(0, most);
  if (head.starts_with(kHeader)) return 0;
  const auto at = head.find("\n" + std::string(kHeader));
  return at == std::string_view::npos ? at : at + 1;
}

template <class Names>
std::string_view ending_of(std::string_view name, const Names& endings) {
  for (const auto e : endings)
    if (name.ends_with(e)) return e;
  return {};
}

std::vector<Run> read_csv(std::string_view text, std::size_t begin, const std::string& file,
                          spec::Diagnostics& diagnostics) {
  Problems problems(file, diagnostics);
  const auto above = static_cast<int>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
  std::vector<std::string> header;
  std::vector<Run> runs;
  csv::read_records(text.substr(begin), file, diagnostics, [&](const csv::Record& r) {
    if (header.empty()) {
      header.assign(r.fields.begin(), r.fields.end());
      return;
    }
    const int line = r.line + above;
    if (r.fields.size() > header.size()) {
      problems.add(
          line, "",
          fmt::format("has {} fields where the header has {}", r.fields.size(), header.size()));
      return;
    }
    Run run{line, std::string(r.fields[0]), "", {}};
    // A run that failed ends with its error, before the counters.
    for (std::size_t i = 1; i < r.fields.size(); ++i)
      if (!r.fields[i].empty()) run.values[header[i]] = r.fields[i];
    if (!ending_of(run.name, kOthers).empty()) return;
    const auto average = ending_of(run.name, kAverages);
    if (!average.empty()) run.of = run.name.substr(0, run.name.size() - average.size());
    const bool failed = run.values.erase("error_occurred") > 0;
    if (auto message = run.values.extract("error_message"); failed)
      run.values["error"] = message.empty() ? "failed" : message.mapped();
    const auto unit = run.values.extract("time_unit");
    run.values.erase("iterations");
    if (!failed && !in_nanoseconds(run.values, unit.empty() ? "" : unit.mapped()))
      problems.add(line, "time_unit",
                   fmt::format("{} is not a time unit",
                               perfmodel::quoted(unit.empty() ? "" : unit.mapped())),
                   "ns, us, ms or s");
    runs.push_back(std::move(run));
  });
  return runs;
}

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

/// Members of a run that are no counters.
bool is_bookkeeping(std::string_view key) {
  constexpr std::array<std::string_view, 10> keys = {"family_index",
                                                     "per_family_instance_index",
                                                     "repetitions",
                                                     "repetition_index",
                                                     "threads",
                                                     "iterations",
                                                     "aggregate_unit",
                                                     "big_o",
                                                     "rms",
                                                     "error_occurred"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::vector<Run> read_json(std::string_view text, const std::string& file,
                           spec::Diagnostics& diagnostics) {
  Problems problems(file, diagnostics);
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& e) {
    const auto at = std::min(text.size(), std::max<std::size_t>(e.byte, 1) - 1);
    const auto before = text.substr(0, at);
    const auto start = before.rfind('\n');  // npos + 1 is 0
    diagnostics.add({file,
                     {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
                      static_cast<int>(at - (start + 1)) + 1},
                     "",
                     "not valid JSON",
                     ""});
    return {};
  }
  const auto list = json.find("benchmarks");
  if (list == json.end() || !list->is_array()) {
    problems.add(0, "", "no list \"benchmarks\": not a file of Google Benchmark",
                 "of JSON only --benchmark_out=FILE is read; results of perfmodel as CSV");
    return {};
  }
  std::vector<Run> runs;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& b = (*list)[i];
    const auto where = fmt::format("benchmarks[{}]", i);
    if (!b.is_object() || text_of(b, "name").empty()) {
      problems.add(0, where, "is not a run with a name");
      continue;
    }
    Run run{0, text_of(b, "name"), "", {}};
    if (text_of(b, "run_type") == "aggregate") {
      const auto aggregate = text_of(b, "aggregate_name");
      if (aggregate != "mean" && aggregate != "median") continue;
      run.of = text_of(b, "run_name");
    }
    if (!text_of(b, "label").empty()) run.values["label"] = text_of(b, "label");
    if (b.value("error_occurred", Json(false)) == Json(true)) {
      const auto message = text_of(b, "error_message");
      run.values["error"] = message.empty() ? "failed" : message;
      runs.push_back(std::move(run));
      continue;
    }
    for (const auto& [key, value] : b.items())
      if (value.is_number() && !is_bookkeeping(key))
        run.values[key] = fmt::format("{}", value.get<double>());
    if (!in_nanoseconds(run.values, text_of(b, "time_unit")))
      problems.add(0, where + ".time_unit",
                   fmt::format("{} is not a time unit", perfmodel::quoted(text_of(b, "time_unit"))),
                   "ns, us, ms or s");
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace

std::optional<Listing> read_google_benchmark(std::string_view text, const std::string& file,
                                             spec::Diagnostics& diagnostics) {
  const auto before = diagnostics.size();
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  const auto header = json ? std::string_view::npos : find_csv_header(text);
  if (!json && header == std::string_view::npos) return std::nullopt;
  const auto runs =
      json ? read_json(text, file, diagnostics) : read_csv(text, header, file, diagnostics);
  if (diagnostics.size() != before) return Listing{};
  return listing_of(runs);
}

}  // namespace perfmodel::diff
