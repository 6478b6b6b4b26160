#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/report_config.hpp"
#include "spec/document.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {
namespace {

using spec::Node;

std::string inline_text(const Node& n) {
  switch (n.kind) {
    case Node::Kind::null:
      return "";
    case Node::Kind::scalar:
      return n.scalar;
    case Node::Kind::sequence: {
      std::string s;
      for (const auto& i : n.items) s += (s.empty() ? "" : ", ") + inline_text(i);
      return s;
    }
    case Node::Kind::map: {
      std::string s;
      for (const auto& [k, v] : n.entries)
        s += (s.empty() ? "" : ", ") + k.scalar + " " + inline_text(v);
      return s;
    }
  }
  return "";
}

bool is_figure(const Node& n) {
  return n.kind == Node::Kind::map && n.find("value") != nullptr;
}

struct Line {
  std::string path, value, range, grade, source, note;
};

std::string field(const Node& figure, std::string_view key) {
  const auto* n = figure.find(key);
  return n == nullptr ? "" : inline_text(*n);
}

/// Every leaf of the file with its path; figures as one line each.
void collect(const Node& n, const std::string& path, std::vector<Line>& lines) {
  if (is_figure(n)) {
    const auto* range = n.find("range");
    std::string r;
    if (range != nullptr && range->items.size() == 2)
      r = range->items[0].scalar + " .. " + range->items[1].scalar;
    lines.push_back(
        {path, field(n, "value"), r, field(n, "grade"), field(n, "source"), field(n, "note")});
    return;
  }
  const auto child = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (n.kind == Node::Kind::map) {
    for (const auto& [k, v] : n.entries) collect(v, child(k.scalar), lines);
  } else if (n.kind == Node::Kind::sequence &&
             std::any_of(n.items.begin(), n.items.end(),
                         [](const Node& i) { return i.kind == Node::Kind::map; })) {
    for (std::size_t i = 0; i < n.items.size(); ++i)
      collect(n.items[i], child(std::to_string(i)), lines);
  } else {
    lines.push_back({path, inline_text(n), "", "", "", ""});
  }
}

/// The errors of a profile as a table.
std::string residual_table(const Node& residual) {
  std::vector<std::vector<std::string>> rows = {
      {"residual", "measured numbers", "median", "p90", "bias"}};
  const auto percent = [](const std::string& share) {
    return fmt::format("{:.1f} %", std::strtod(share.c_str(), nullptr) * 100);
  };
  for (const auto& [left_out, kinds] : residual.entries)
    for (const auto& [kind, e] : kinds.entries)
      rows.push_back({fmt::format("{}.{}", left_out.scalar, kind.scalar), field(e, "rows"),
                      percent(field(e, "median")), percent(field(e, "p90")), field(e, "bias")});
  std::string s;
  std::istringstream lines(in_columns(rows, report::Align::right));
  for (std::string line; std::getline(lines, line);) s += "  " + line + "\n";
  return s;
}

std::string render(const spec::Document& d) {
  std::vector<Line> figures;
  std::string facts, residual, sources, notes;
  for (const auto& [key, value] : d.root.entries) {
    if (key.scalar == "sources") {
      for (const auto& [id, s] : value.entries) {
        sources += fmt::format("  {:<14} {}", id.scalar, field(s, "title"));
        if (const auto date = field(s, "date"); !date.empty())
          sources += fmt::format(" ({})", date);
        if (const auto url = field(s, "url"); !url.empty())
          sources += fmt::format("\n  {:<14} {}", "", url);
        sources += "\n";
      }
      continue;
    }
    if (key.scalar == "residual") {
      residual = residual_table(value);
      continue;
    }
    if (key.scalar == "notes") {
      for (const auto& n : value.items) notes += fmt::format("  - {}\n", inline_text(n));
      continue;
    }
    std::vector<Line> lines;
    collect(value, key.scalar, lines);
    for (auto& l : lines) {
      if (l.grade.empty())
        facts += fmt::format("  {:<28} {}\n", l.path, l.value);
      else
        figures.push_back(std::move(l));
    }
  }
  std::string s = facts;
  std::size_t path = 6, value = 5, range = 5;
  for (const auto& l : figures) {
    path = std::max(path, l.path.size());
    value = std::max(value, l.value.size());
    range = std::max(range, l.range.size());
  }
  if (!figures.empty())
    s += fmt::format("\n  {:<{}}  {:<{}}  {:<{}}  {:<8}  {}\n", "figure", path, "value", value,
                     "range", range, "grade", "source");
  for (const auto& l : figures) {
    s += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {:<8}  {}\n", l.path, path, l.value, value, l.range,
                     range, l.grade, l.source);
    if (!l.note.empty()) s += fmt::format("  {:<{}}    {}\n", "", path, l.note);
  }
  if (!residual.empty()) s += "\n" + residual;
  if (!sources.empty()) s += "\nsources\n" + sources;
  if (!notes.empty()) s += "\nnotes\n" + notes;
  return s;
}

int run(const std::string& what, const std::string& word, const Chosen& chosen) {
  const auto* kind = find_kind(what);
  if (kind == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& k : kKinds) names.push_back(k.name);
    names.push_back(kReportKind.name);
    throw UsageError(fmt::format(
        "cannot show a '{}' ({})", what,
        spec::nearest_hint(what, names, fmt::format("one of: {}", fmt::join(names, ", ")))));
  }
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto id = catalog.resolve(*kind, word);
  const auto path = catalog.path_of(*kind, id);
  const auto text = read_file(path);
  if (!text) throw UsageError("cannot read " + path.string());
  spec::Diagnostics diagnostics;
  // A file that does not pass is not shown as if it did.
  Catalog::lint(*kind, *text, path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  const auto document = spec::parse_document(*text, path.string(), diagnostics);
  emit("", render(document));
  return kExitDone;
}

}  // namespace

void add_show(CLI::App& app, Chosen& chosen) {
  auto what = std::make_shared<std::string>();
  auto id = std::make_shared<std::string>();
  auto* c = app.add_subcommand("show", "one file with every figure, its range, grade and source");
  c->add_option(
       "kind", *what,
       "chip, memory, system, llm, stack, workload, sweep, report, family, power, prices or fleet")
      ->required();
  c->add_option("id", *id, "id or alias")->required();
  c->callback([=, &chosen] { chosen.action = [=, &chosen] { return run(*what, *id, chosen); }; });
}

}  // namespace perfmodel::cli
