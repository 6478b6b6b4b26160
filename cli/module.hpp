// Modules of the program: parts that need a library which not every machine has.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace perfmodel::cli {

/// The module "NAME.so": beside the program where it was built, below lib/ where it was installed.
/// Empty if the program was built without it.
std::optional<std::filesystem::path> find_module(const std::string& name);

}  // namespace perfmodel::cli
