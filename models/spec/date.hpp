// Dates as precise as a source gives them.
#pragma once

#include <string_view>

namespace perfmodel::spec {

/// YYYY, YYYY-MM or YYYY-MM-DD.
bool is_date(std::string_view text);
inline constexpr std::string_view kDateHint = "write YYYY, YYYY-MM or YYYY-MM-DD";

}  // namespace perfmodel::spec
