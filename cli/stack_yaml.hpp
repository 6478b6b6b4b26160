// Software profiles and family scales as config files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cost/stack.hpp"

namespace perfmodel::cli {

/// The profile as YAML that reads back as the same profile.
std::string stack_yaml(const cost::Stack& stack);

/// The block `residual`, the last of a file; empty without residuals. They are expected in the
/// order of what was left out.
std::string residual_yaml(const std::vector<cost::Residual>& residual);
/// The file's text with that block in place of the one it had, all else as written.
std::string with_residual(std::string_view text, const std::vector<cost::Residual>& residual);

}  // namespace perfmodel::cli
