// Version and revision of the program.
#pragma once

namespace perfmodel::cli {

const char* version();
/// Of the source that it was built from, by git: "75a53c6d1e0f", with "-dirty" where files
/// differed; "unknown" outside of a repository.
const char* revision();

}  // namespace perfmodel::cli
