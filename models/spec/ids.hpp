// Ids of config files.
#pragma once

#include <string_view>

namespace perfmodel::spec {

/// What an id may be made of, as a hint.
inline constexpr std::string_view kIdHint = "lower case letters, digits, '-' and '.'";

bool is_id(std::string_view text);

}  // namespace perfmodel::spec
