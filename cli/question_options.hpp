// The options that ask the same of every system: model, lengths, promise, formats, software.
// Commands add their own for where it runs and what they print.
#pragma once

#include "cli/estimate_options.hpp"

namespace CLI {
class App;
}

namespace perfmodel::cli {

/// `words` must outlive the parse.
void add_question_options(CLI::App& command, EstimateArguments& words);

}  // namespace perfmodel::cli
