// The header of a table against the columns that a reader knows.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "calibrate/table.hpp"

namespace perfmodel::calibrate {

/// Where each column stands. The keys live as long as the table.
using Columns = std::map<std::string_view, std::size_t>;

/// Empty if there is a problem. Unknown columns (with the nearest known one), columns that are
/// there twice and missing ones are problems. `required` is a part of `known`.
std::optional<Columns> read_header(const Table& table, const std::string& file,
                                   std::span<const std::string_view> known,
                                   std::span<const std::string_view> required,
                                   spec::Diagnostics& diagnostics);

}  // namespace perfmodel::calibrate
