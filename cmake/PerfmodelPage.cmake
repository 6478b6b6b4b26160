# The page of reports (page/), built by npm into one file that the program carries. Where npm, the
# packages or page/ are missing the program is built without it, and says so when it is asked.
#
# perfmodel_add_page(<target>): adds what page_template() returns (cli/page_template.hpp).
option(PERFMODEL_PAGE "Build the page of reports, where npm is installed" ON)

function(perfmodel_add_page target)
  set(work ${CMAKE_BINARY_DIR}/page)
  set(template ${work}/template.html)
  set(source ${PROJECT_SOURCE_DIR}/page)
  file(MAKE_DIRECTORY ${work})
  find_program(PERFMODEL_NPM npm)
  if(PERFMODEL_PAGE AND PERFMODEL_NPM AND EXISTS ${source}/package-lock.json)
    # Not of node_modules, which is looked at with every build.
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${source}/src/*)
    file(GLOB more CONFIGURE_DEPENDS ${source}/*.json ${source}/*.ts ${source}/*.js ${source}/*.html)
    list(APPEND inputs ${more})
    add_custom_command(
      OUTPUT ${template}
      COMMAND ${CMAKE_COMMAND} -DNPM=${PERFMODEL_NPM} -DSOURCE=${source} -DWORK=${work}/build -DOUT=${template} -P
              ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
      DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
      COMMENT "Page of reports"
      VERBATIM)
  else()
    if(PERFMODEL_PAGE)
      message(STATUS "No page of reports: npm or page/ is missing; `perfmodel report` writes everything else")
    endif()
    # Empty, and as old as it was where nothing changed.
    file(CONFIGURE OUTPUT ${template} CONTENT "")
  endif()
  set(code ${work}/page_template.cpp)
  file(
    CONFIGURE
    OUTPUT ${code}
    CONTENT
      [=[
#include "cli/page_template.hpp"

// The file between two labels, as its bytes are.
__asm__(
    ".section .rodata\n"
    ".global perfmodel_page_begin\n"
    ".global perfmodel_page_end\n"
    "perfmodel_page_begin:\n"
    ".incbin \"@template@\"\n"
    "perfmodel_page_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char perfmodel_page_begin[];
extern "C" const char perfmodel_page_end[];

namespace perfmodel::cli {

std::string_view page_template() {
  return {perfmodel_page_begin, static_cast<std::size_t>(perfmodel_page_end - perfmodel_page_begin)};
}

}  // namespace perfmodel::cli
]=]
    @ONLY)
  set_source_files_properties(${code} PROPERTIES OBJECT_DEPENDS ${template})
  target_sources(${target} PRIVATE ${code})
endfunction()
