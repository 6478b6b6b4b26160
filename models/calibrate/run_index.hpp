// Where in the measurement files each published run stands, and what deployments are compared with
// it by: enough to find the nearest runs, and to read only those.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/nearest.hpp"

namespace perfmodel::calibrate {

struct RunIndex {
  struct File {
    std::string name;
    std::uintmax_t size = 0;  // in bytes: another size is another file
    Span header;
  };
  struct Place {
    std::size_t file = 0;
    std::vector<Span> rows;  // neighbours joined
  };
  std::vector<File> files;
  std::vector<Likeness> runs;
  std::vector<Place> places;  // of the runs
};

/// Tab-separated lines; the same index gives the same bytes.
std::string to_text(const RunIndex& index);
/// Empty for any text that is not such an index.
std::optional<RunIndex> parse_index(std::string_view text);

}  // namespace perfmodel::calibrate
