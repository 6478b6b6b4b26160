// Published rows made ready for fitting: each expressed once, with the profile and family that it
// informs.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "calibrate/fit.hpp"
#include "cli/measurements.hpp"

namespace perfmodel::cli {

/// Rows expressed once, each with what it informs.
struct Corpus {
  std::deque<calibrate::Run> runs;
  struct Row {
    const calibrate::Measurement* m = nullptr;
    const calibrate::Run* run = nullptr;
    std::string profile;
    std::string family;
  };
  std::vector<Row> rows;
  struct Skipped {
    const calibrate::Measurement* m = nullptr;
    std::string reason;
  };
  std::vector<Skipped> skipped;  // what cannot be expressed
};

Corpus express_all(const std::vector<calibrate::Measurement>& rows, const cost::Stack& base,
                   CatalogLibrary& library);

/// The rows that `keep` lets pass and that a fit can learn from.
std::vector<calibrate::Observation> observations_of(
    const Corpus& corpus, const std::function<bool(const calibrate::Measurement&)>& keep);

}  // namespace perfmodel::cli
