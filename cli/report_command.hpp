// The subcommand `report`.
#pragma once

#include "cli/commands.hpp"

namespace perfmodel::cli {

void add_report(CLI::App& app, Chosen& chosen);

}  // namespace perfmodel::cli
