// Accuracy as data: errors by kind of number, over all rows and profile by profile. The files in
// results/accuracy hold them for the configs as they are; tables in documents are made from those.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/statistics.hpp"
#include "cli/validation.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::cli {

/// One line of such a file.
struct AccuracyRow {
  std::string profile;  // empty: all rows
  cost::Measured kind = cost::Measured::tpot;
  calibrate::Errors errors;  // without the spread
};

/// Kinds without a predicted row have no line.
std::vector<AccuracyRow> accuracy_of(const std::vector<Line>& lines);
/// scope,name,kind,title,rows,median,mean,p90,bias,rank; RFC 4180.
std::string accuracy_csv(const std::vector<AccuracyRow>& rows);
/// Reads it back; problems, an unknown kind among them, are diagnostics.
std::vector<AccuracyRow> read_accuracy(const std::string& text, const std::string& file,
                                       spec::Diagnostics& diagnostics);

std::filesystem::path accuracy_path(const Catalog& catalog, cost::LeftOut left_out);
/// The recorded file beside the configs, results/accuracy/in_sample.csv for LeftOut::nothing; empty
/// where there is none. Throws UsageError with all diagnostics for one that does not read.
std::vector<AccuracyRow> recorded_accuracy(const Catalog& catalog, cost::LeftOut left_out);

}  // namespace perfmodel::cli
