// Words of one option, separated by commas.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace perfmodel::cli {

/// As they stand: "a,,b" has an empty word, and so does "".
inline std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace perfmodel::cli
