// Phrases that several readers share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/document.hpp"

namespace perfmodel::spec {

/// "a list", "a map", ...
std::string_view kind_name(Node::Kind kind);

/// "a, b, c"
std::string joined(const std::vector<std::string_view>& words);

/// "did you mean 'b'?", or "one of a, b, c" when no word is near.
std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& known);
/// The same with other words when none is near.
std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& known,
                         std::string otherwise);

/// "memory" and "bandwidth" -> "memory.bandwidth"
std::string joined_path(std::string_view parent, std::string_view key);

}  // namespace perfmodel::spec
