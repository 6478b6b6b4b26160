# One flag set for all targets, and one function per kind of target.

add_library(perfmodel_flags INTERFACE)
target_compile_options(perfmodel_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
# g++ 12 takes `"x" + std::string` for an overlapping copy (https://gcc.gnu.org/PR105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(perfmodel_flags INTERFACE -Wno-restrict)
endif()
if(PERFMODEL_SANITIZE)
  target_compile_options(perfmodel_flags INTERFACE -fsanitize=${PERFMODEL_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(perfmodel_flags INTERFACE -fsanitize=${PERFMODEL_SANITIZE})
endif()
if(PERFMODEL_COVERAGE)
  target_compile_options(perfmodel_flags INTERFACE --coverage)
  target_link_options(perfmodel_flags INTERFACE --coverage)
endif()

# perfmodel_unite(<target>): several files at a time to the compiler, which then reads their common headers once.
# Names in anonymous namespaces have to differ within the target; a file for which that is too much to ask is left out by
# the property SKIP_UNITY_BUILD_INCLUSION.
function(perfmodel_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${PERFMODEL_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# perfmodel_unite_topics(<target>): the same for the files of a folder whose names begin alike, up to the first `_`. Commands stay apart,
# as all of them have their words and a `run`.
function(perfmodel_unite_topics target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${PERFMODEL_UNITY} UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "_command\\.cpp$")
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX MATCH "^[^_]+" topic ${name})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${topic})
  endforeach()
endfunction()

# perfmodel_layer(<name> [APART] [DEPENDS <layer>...] [PRIVATE <lib>...])
# A folder of models/ as a library. Headers reach it only through what it DEPENDS on, so a dependency
# against the one-way rule has no include path and does not link. APART: each file is compiled on its own.
#
# Include paths: every layer sees its own folder as "<layer>/...". To keep that enforceable, each layer
# gets a private include root that holds only links to itself; see perfmodel_layer_include_root.
function(perfmodel_layer name)
  cmake_parse_arguments(ARG "APART" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${name} ${root}/${name} SYMBOLIC)
  list(TRANSFORM ARG_DEPENDS PREPEND perfmodel_)
  if(sources)
    add_library(perfmodel_${name} STATIC ${sources})
    target_include_directories(perfmodel_${name} PUBLIC ${root})
    target_link_libraries(perfmodel_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE} perfmodel_flags)
    if(NOT ARG_APART)
      perfmodel_unite(perfmodel_${name})
    endif()
    # Instrumented quantities that are no longer in registers cost the tests more than this costs the compiler.
    if(PERFMODEL_SANITIZE)
      target_compile_options(perfmodel_${name} PRIVATE $<$<CONFIG:Debug>:-O1>)
    endif()
  else()
    add_library(perfmodel_${name} INTERFACE)
    target_include_directories(perfmodel_${name} INTERFACE ${root})
    target_link_libraries(perfmodel_${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()
