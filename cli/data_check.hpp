// `check` for tables of measurements: what their readers refuse, ids that configs lack, rows that
// are there twice, and operators that ran faster than their chip can.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "calibrate/measurement.hpp"
#include "calibrate/operator_timing.hpp"
#include "cli/catalog.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::cli {

class DataChecker {
 public:
  /// Both outlive the checker.
  DataChecker(const Catalog& catalog, spec::Diagnostics& diagnostics)
      : catalog_(catalog), diagnostics_(diagnostics) {}

  /// One CSV file; its columns say which kind of table it is.
  void file(const std::filesystem::path& path, const std::string& shown, const std::string& text);

  /// What no file can see alone; once, after the files.
  void finish();

 private:
  /// A word's id and, for chips, its figures; empty id for an unknown word.
  struct Known {
    std::string id;
    std::string problem, hint;
    std::optional<hw::Chip> chip;
  };

  struct Place {
    std::string file;
    int line = 0;
  };

  void timings(const calibrate::Table& table, const std::filesystem::path& path,
               const std::string& shown);
  void add(const spec::Diagnostics& own);
  const Known& look_up(const Kind& kind, const std::string& word);
  const std::set<std::string>* sources_beside(const std::filesystem::path& path);

  const Catalog& catalog_;
  spec::Diagnostics& diagnostics_;
  std::map<std::pair<std::string_view, std::string>, Known> known_;
  std::map<std::filesystem::path, std::optional<std::set<std::string>>> sources_;
  std::unordered_map<std::string, Place> timing_ids_;
  std::vector<calibrate::Measurement> measurements_;
};

}  // namespace perfmodel::cli
