// An answer in JSON as `estimate` or `compare` wrote it, read back with distrust.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace perfmodel::cli {

using Json = nlohmann::ordered_json;

struct RecordedAnswer {
  std::string text;  // to the byte
  Json json;
  std::vector<std::string> command;  // the question, as words of a command line
};

/// From a file, or from standard input where the path is "-". Throws UsageError with all that is
/// wrong: no such file, not JSON or cut off, no answer of this program or one of another schema,
/// keys that are missing or of the wrong kind.
RecordedAnswer read_answer(const std::string& path);

}  // namespace perfmodel::cli
