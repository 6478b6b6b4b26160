// Version of the program.
#pragma once

namespace perfmodel::cli {

const char* version();

}  // namespace perfmodel::cli
