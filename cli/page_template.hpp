// The page that shows reports (page/), built by npm into one file and carried inside of the
// program.
#pragma once

#include <string_view>

namespace perfmodel::cli {

/// Empty where the program was built without npm.
std::string_view page_template();

}  // namespace perfmodel::cli
