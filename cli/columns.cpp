#include "cli/columns.hpp"

#include <algorithm>

namespace perfmodel::cli {

std::string in_columns(const std::vector<std::vector<std::string>>& rows, report::Align rest) {
  if (rows.empty()) return "";
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i)
      widths[i] = std::max(widths[i], report::display_width(r[i]));
  std::string s;
  for (const auto& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (i > 0) line += "  ";
      line += report::padded(r[i], widths[i], i == 0 ? report::Align::left : rest);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    s += line + "\n";
  }
  return s;
}

}  // namespace perfmodel::cli
