// configs/reports/*.yaml: which systems, models and promises a report is about, its texts and its
// sections. configs/SCHEMA.md lists the keys.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/catalog.hpp"
#include "serving/workload.hpp"
#include "spec/document.hpp"

namespace perfmodel::cli {

/// The kind of these files, beside those of catalog.hpp: kinds are looked for by name (find_kind).
inline constexpr Kind kReportKind = {"report", "reports"};

/// A text with {{fields}} in it, and where it stands.
struct ReportText {
  std::string text;
  std::string path;
  spec::Mark mark;
};

/// What a kind of section needs of the report around it, and takes as keys of its own.
struct SectionKind {
  std::string_view name;
  std::string_view about;
  bool systems = false;   // compares the report's systems
  bool chip = false;      // is about the report's chip
  bool llms = false;      // under the report's models
  bool memories = false;  // with the report's memories
  bool weights = false;   // with weights in the report's formats
  bool by = false;        // groups measurements by its key `by`
};
/// In the order in which they are shown.
const std::vector<SectionKind>& section_kinds();

struct ReportSection {
  std::string id;
  const SectionKind* kind = nullptr;
  std::string title;
  std::vector<ReportText> text;
  std::vector<std::string> llms;     // of the report's; all where the file names none
  std::vector<std::string> systems;  // the same
  std::string by;                    // of `accuracy`: chip, stack, llm
};

struct WhatIfConfig {
  std::string title;
  std::vector<ReportText> text;
};

struct Report {
  std::string id, name;
  std::string file;
  ReportText title, subtitle;
  std::vector<std::string> systems;  // as `compare` takes them
  std::string baseline;
  std::string chip;
  std::vector<std::string> llms;
  std::vector<std::string> memories;  // "own", "hbm3e:8"
  std::vector<std::string> weights;   // formats
  std::string workload = "default";
  std::optional<long> input, output;
  serving::Slo slo;
  std::string stack = "typical";
  long samples = 256;                 // behind intervals
  long curve_samples = 64;            // behind the bands of curves
  std::vector<double> interactivity;  // tokens/s of one user, rising
  std::optional<WhatIfConfig> what_if;
  std::vector<ReportSection> sections;
  std::vector<std::string> sets;  // keys exchanged from the command line, "chip = h200"
};

/// Problems go to `diagnostics`; empty if there were any.
std::optional<Report> read_report(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::cli
