# Writes OUT, a source file that holds the git revision of SOURCE, where it differs from what is there:
#   cmake -DSOURCE=... -DOUT=... -P Revision.cmake
# "-dirty" follows where files differ from that revision; "unknown" outside of a repository of its own.
set(REVISION unknown)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --show-toplevel OUTPUT_VARIABLE top ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  get_filename_component(source ${SOURCE} REALPATH)
  if(top STREQUAL source)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                    OUTPUT_VARIABLE described ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
if(described MATCHES "^[0-9a-f]+(-dirty)?$")
  set(REVISION ${described})
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[
#include "cli/version.hpp"

namespace perfmodel::cli {

const char* revision() {
  return "@REVISION@";
}

}  // namespace perfmodel::cli
]] @ONLY)
