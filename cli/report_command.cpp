#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/page_template.hpp"
#include "cli/report_command.hpp"
#include "cli/report_gather.hpp"
#include "cli/report_load.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

struct Words {
  std::string report;
  std::string out;
  std::vector<std::string> sets;
  std::string page;
  bool fields = false;
};

constexpr std::string_view kNoPage =
    "perfmodel: no page: the program was built without npm, so there is no {}.html; Markdown, "
    "JSON, "
    "CSV and SVG are complete\n"
    "perfmodel: install npm (Debian: apt-get install npm) and build again, or give a page with "
    "--page FILE\n";

std::vector<Override> sets_of(const Words& w) {
  std::vector<Override> all;
  for (const auto& s : w.sets) {
    const auto at = s.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == s.size())
      throw UsageError(fmt::format("--set: '{}' is not KEY=VALUE, as in chip=h200", s));
    all.push_back({s.substr(0, at), s.substr(at + 1)});
  }
  return all;
}

/// Asked before work is done.
void check_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    cannot_write(folder.string(), ENOTDIR);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) cannot_write(folder.string(), error.value());
}

std::string page_of(const Words& w) {
  if (w.page.empty()) return std::string(page_template());
  const auto text = read_file(w.page);
  if (!text) throw UsageError(fmt::format("cannot read '{}'", w.page));
  return *text;
}

/// Everything that the report is, file by file, the page last: who sees it sees the rest too.
std::vector<std::pair<std::string, std::string>> files_of(const report::Document& d,
                                                          const Words& w) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& s : d.sections) {
    for (const auto& t : s.tables) files.emplace_back(t.file(), report::table_csv(t));
    for (const auto& c : s.charts) files.emplace_back(c.file(), report::chart_svg(c, d));
  }
  files.emplace_back(d.name + ".json", report::document_json(d));
  files.emplace_back(d.name + ".md", report::document_markdown(d));
  const auto page = page_of(w);
  if (page.empty()) return files;
  auto html = report::page_html(page, d);
  if (html.empty())
    throw UsageError(fmt::format("'{}' is no page for reports: it has no place for a document",
                                 w.page.empty() ? "the program's page" : w.page));
  files.emplace_back(d.name + ".html", std::move(html));
  return files;
}

/// What is wrong with names is told with the file that they stand in.
void check_in_file(const Catalog& catalog, const Report& report) {
  try {
    check_report(catalog, report);
  } catch (const UsageError& e) {
    throw UsageError(fmt::format("{}: {}", report.file, e.what()));
  }
}

int run(const Words& w, const Chosen& chosen) {
  if (w.out.empty() && !w.fields)
    throw UsageError("name a folder for the report with -o, as in -o out");
  check_folder(w.out);
  const auto sets = sets_of(w);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto report = load_report(catalog, w.report, sets);
  check_in_file(catalog, report);
  ReportGatherer gatherer(catalog, report);
  if (w.fields) {
    gatherer.gather();
    emit("", gatherer.fields().list());
    return kExitDone;
  }
  const auto document = gatherer.document();
  const auto files = files_of(document, w);
  make_folder(w.out);
  std::string names;
  for (const auto& [name, text] : files) {
    const auto path = (fs::path(w.out) / name).string();
    write_file(path, text);
    names += path + "\n";
  }
  emit("", names);
  if (files.back().first == document.name + ".md")
    std::fputs(fmt::format(fmt::runtime(kNoPage), document.name).c_str(), stderr);
  return gatherer.status();
}

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand(
      "report", "a page, Markdown, tables and pictures from a config of configs/reports");
  c->footer("Example: perfmodel report ascend-vs-nvidia -o out");
  c->add_option("report", w->report, "a report's id, or a file of that kind")->required();
  c->add_option("-o,--out", w->out, "folder to write to; made where it is not there");
  c->add_option("--set", w->sets, "KEY=VALUE, a key of the report's file: chip=h200");
  c->add_option("--page", w->page, "another page than the program's own");
  c->add_flag("--fields", w->fields, "list the {{fields}} that the report's texts may use instead");
  c->callback([=, &chosen] { chosen.action = [=, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
