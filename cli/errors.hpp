// How a command ends other than well. Only cli/ throws these; main turns them into a message and a
// status.
#pragma once

#include <stdexcept>
#include <string>

namespace perfmodel::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitNo = 1;     // the answer is "no": infeasible, a regression
inline constexpr int kExitUsage = 2;  // bad usage or input

/// Bad usage or bad input: message to stderr, exit 2, nothing written.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace perfmodel::cli
