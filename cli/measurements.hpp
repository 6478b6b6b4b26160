// Published measurements from disk, and the configs that their ids stand for.
#pragma once

#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "calibrate/library.hpp"
#include "calibrate/measurement.hpp"
#include "calibrate/table.hpp"
#include "cli/catalog.hpp"
#include "cli/errors.hpp"

namespace perfmodel::cli {

/// The folder of measurements that lies beside the configs; it need not exist.
std::filesystem::path results_folder(const Catalog& catalog);

/// The CSV files of a folder, sorted; none if there is no such folder.
std::vector<std::filesystem::path> csv_files(const std::filesystem::path& folder);

/// Reads each file with `reader`, calibrate::read_measurements or one of its kind. Throws
/// UsageError with all diagnostics of all files.
template <class Row>
std::vector<Row> load_rows(const std::vector<std::string>& files,
                           std::vector<Row> (*reader)(const calibrate::Table&, const std::string&,
                                                      spec::Diagnostics&)) {
  std::vector<Row> all;
  spec::Diagnostics diagnostics;
  for (const auto& file : files) {
    const auto text = read_file(file);
    if (!text) throw UsageError("cannot read '" + file + "'");
    spec::Diagnostics own;
    const auto table = calibrate::parse_csv(*text, file, own);
    auto rows = own.empty() ? reader(table, file, own) : std::vector<Row>{};
    for (auto& d : own.sorted()) diagnostics.add(std::move(d));
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  return all;
}

/// The canonical files beside the configs, sorted.
std::vector<std::string> published_files(const Catalog& catalog);

/// Throws UsageError with all diagnostics of all files.
std::vector<calibrate::Measurement> load_measurements(const std::vector<std::string>& files);

/// Rows of one run share it: same file, chip, model, software, pools and load.
std::string run_key(const calibrate::Measurement& m);

/// Sites and models from the catalog, each loaded once.
class CatalogLibrary : public calibrate::Library {
 public:
  /// With `plain_families` the fitted family scales are left out: a fit finds them anew.
  explicit CatalogLibrary(const Catalog& catalog, bool plain_families = false)
      : catalog_(catalog), plain_families_(plain_families) {}
  spec::Outcome<const calibrate::Site*> site(const std::string& chip, double chips) override;
  spec::Outcome<const llm::LlmSpec*> llm(const std::string& id) override;
  power::Coefficients power() const { return catalog_.power("typical"); }

 private:
  const Catalog& catalog_;
  bool plain_families_;
  std::map<std::string, spec::Outcome<std::unique_ptr<calibrate::Site>>> sites_;
  std::map<std::string, spec::Outcome<std::unique_ptr<llm::LlmSpec>>> llms_;
};

/// The software profiles, and which of them a row ran on: the one fitted to its software and year,
/// else the one that serves the row's stack with the nearest date, `typical` where none does.
class StackShelf {
 public:
  /// `only` names one profile for all rows; empty for each row's own.
  StackShelf(const Catalog& catalog, const std::string& only);
  const cost::Stack& for_row(const calibrate::Measurement& m) const;
  /// The profile that a row informs when profiles are made: the software's name and year.
  static std::string profile_name(const calibrate::Measurement& m);
  const std::vector<cost::Stack>& all() const { return stacks_; }

 private:
  std::vector<cost::Stack> stacks_;
  std::size_t fallback_ = 0;
  bool only_ = false;
};

}  // namespace perfmodel::cli
