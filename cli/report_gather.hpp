// From a report's config to its document: runs what the sections ask for, once each, by the same
// paths as `compare`, `estimate`, `validate` and `formats`.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "cli/compare.hpp"
#include "cli/report_config.hpp"
#include "cli/report_fields.hpp"
#include "cli/validation.hpp"
#include "report/document.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::cli {

/// What the report's systems come to under one of its models.
struct ReportComparison {
  std::string llm;
  CompareResult result;
  /// Interval of the output rate at each level, system by system.
  std::vector<std::vector<uncertainty::Interval>> bands;
};

/// Throws UsageError for names that stand for nothing and fields that nobody fills.
class ReportGatherer {
 public:
  ReportGatherer(const Catalog& catalog, const Report& report);

  /// The sections, with all fields known after it, and texts as the sections give them.
  report::Document gather();
  /// The whole.
  report::Document document();

  /// kExitNo where no system has an answer under any model.
  int status() const;

  // For the sections.
  const Catalog& catalog() const { return catalog_; }
  const Report& config() const { return report_; }
  Fields& fields() { return fields_; }
  /// Those that the section is about, in its order.
  std::vector<const ReportComparison*> comparisons(const ReportSection& section);
  /// Of the systems of a comparison, those that the section is about.
  std::vector<std::size_t> systems(const ReportSection& section, const ReportComparison& c) const;
  /// What `estimate` was asked with the report's workload, promise and software.
  EstimateArguments question(const std::string& llm) const;
  /// Every published number with its prediction, as `validate` has it.
  const std::vector<Line>& validation();
  /// Cites the sources of the answer's figures.
  void cite(const std::string& subject, const report::EstimateRecord& answer);
  void cite(report::CitedSource source, const std::string& figure);
  std::string llm_name(const std::string& id) const;
  /// Of one of the report's systems, for its colour.
  std::string id_of(std::size_t system) const { return report_.systems[system]; }
  void read_file(const std::string& shown) { read_.push_back(shown); }

 private:
  void compare_all();
  void set_fields(const ReportComparison& c, bool first);
  std::string expand(const ReportText& text);
  std::vector<std::string> expand(const std::vector<ReportText>& texts);

  const Catalog& catalog_;
  const Report& report_;
  Fields fields_;
  spec::Diagnostics problems_;
  std::deque<ReportComparison> comparisons_;
  std::vector<calibrate::Measurement> measured_;
  std::vector<Line> validation_;
  std::vector<report::CitedSource> sources_;
  std::vector<std::string> read_;
};

/// Fills charts, tables, figures and texts of its own; the config's texts come before these.
using FillSection = void (*)(ReportGatherer&, const ReportSection&, report::Section&);
/// The kinds of section_kinds by their names.
FillSection filler_of(std::string_view kind);

/// JSON of the document's what-if section: the engines of the first model's deployments, and what
/// the program answers for a few inputs.
std::string what_if_json(ReportGatherer& gatherer, const std::string& title,
                         const std::vector<std::string>& text, const ReportComparison& comparison);

}  // namespace perfmodel::cli
