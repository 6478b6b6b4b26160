# cmake -DNPM=... -DSOURCE=page -DWORK=folder -DOUT=template.html -P BuildPage.cmake
# Builds a copy of the page in WORK. Packages are installed anew only when their lock file changed. A failure leaves
# an empty OUT and a warning: the program is complete without the page but for its HTML.
function(give_up what log)
  file(WRITE ${OUT} "")
  string(REGEX REPLACE "\n+$" "" log "${log}")
  message(WARNING "The page of reports could not be built: ${what}. `perfmodel report` writes no HTML.\n${log}\n"
                  "To try again: remove ${OUT} and build.")
endfunction()

file(GLOB entries RELATIVE ${SOURCE} ${SOURCE}/*)
list(REMOVE_ITEM entries node_modules dist build tests screenshots)
file(MAKE_DIRECTORY ${WORK})
file(GLOB old LIST_DIRECTORIES true RELATIVE ${WORK} ${WORK}/*)
list(REMOVE_ITEM old node_modules installed.lock)
foreach(entry ${old})
  file(REMOVE_RECURSE ${WORK}/${entry})
endforeach()
foreach(entry ${entries})
  file(COPY ${SOURCE}/${entry} DESTINATION ${WORK})
endforeach()

file(SHA256 ${WORK}/package-lock.json lock)
set(installed "")
if(EXISTS ${WORK}/installed.lock)
  file(READ ${WORK}/installed.lock installed)
endif()
if(NOT installed STREQUAL lock OR NOT EXISTS ${WORK}/node_modules)
  execute_process(
    COMMAND ${NPM} ci --no-audit --no-fund --prefer-offline
    WORKING_DIRECTORY ${WORK}
    TIMEOUT 300
    RESULT_VARIABLE failed
    OUTPUT_VARIABLE log
    ERROR_VARIABLE log)
  if(failed)
    give_up("its packages could not be installed" "${log}")
    return()
  endif()
  file(WRITE ${WORK}/installed.lock ${lock})
endif()
execute_process(
  COMMAND ${NPM} run build
  WORKING_DIRECTORY ${WORK}
  TIMEOUT 300
  RESULT_VARIABLE failed
  OUTPUT_VARIABLE log
  ERROR_VARIABLE log)
if(failed OR NOT EXISTS ${WORK}/dist/index.html)
  give_up("npm run build failed" "${log}")
  return()
endif()
file(COPY_FILE ${WORK}/dist/index.html ${OUT})
