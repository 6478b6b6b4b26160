// What an answer was made with, so that `reproduce` can make it again.
#pragma once

#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "report/estimate_record.hpp"

namespace CLI {
class App;
}

namespace perfmodel::cli {

/// A parsed subcommand as words: its name, and every option that was given or has a default, in the
/// order of `--help`. Without those that say where and in which format the answer goes.
std::vector<std::string> words_of(const CLI::App& command);

/// By this program, from `command`, with all that `catalog` has read.
report::Provenance provenance_of(const Catalog& catalog, const std::vector<std::string>& command);

}  // namespace perfmodel::cli
