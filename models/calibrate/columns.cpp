#include "calibrate/columns.hpp"
#include "spec/wording.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace perfmodel::calibrate {

std::optional<Columns> read_header(const Table& table, const std::string& file,
                                   std::span<const std::string_view> known,
                                   std::span<const std::string_view> required,
                                   spec::Diagnostics& diagnostics) {
  bool sound = true;
  const auto problem = [&](std::string message, std::string hint = {}) {
    sound = false;
    diagnostics.add({file, {table.header_line, 1}, "", std::move(message), std::move(hint)});
  };
  Columns columns;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    const auto& name = table.header[i];
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      problem(fmt::format("unknown column '{}'", name),
              spec::nearest_hint(name, {known.begin(), known.end()}, ""));
    }
    if (!columns.emplace(name, i).second) problem(fmt::format("column '{}' is there twice", name));
  }
  for (const auto name : required)
    if (!columns.contains(name)) problem(fmt::format("column '{}' is missing", name));
  if (!sound) return std::nullopt;
  return columns;
}

}  // namespace perfmodel::calibrate
