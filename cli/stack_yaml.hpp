// Software profiles and family scales as config files.
#pragma once

#include <string>

#include "cost/stack.hpp"

namespace perfmodel::cli {

/// The profile as YAML that reads back as the same profile.
std::string stack_yaml(const cost::Stack& stack);

}  // namespace perfmodel::cli
