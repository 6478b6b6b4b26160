// What differs between an answer as it was recorded and as it is now.
#pragma once

#include <string>
#include <vector>

#include "cli/recorded_answer.hpp"

namespace perfmodel::cli {

struct AnswerChange {
  std::string kind;  // "program", "revision", "file", "figure", "answer" or "other"
  std::string what;  // "chip.memory.bandwidth 3.2 TB/s -> 3.6 TB/s (configs/chips/x.yaml:31)"
};

/// In the order of the kinds; of the numbers first those that an answer is asked for, the others by
/// their count. Empty where both hold the same.
std::vector<AnswerChange> changes_between(const Json& then, const Json& now);

/// One file's checksum then and now; empty digests for a file that is not read.
AnswerChange file_change(const std::string& file, const std::string& then, const std::string& now);

}  // namespace perfmodel::cli
