#include "cli/version.hpp"

namespace perfmodel::cli {

const char* version() {
  return PERFMODEL_VERSION;
}

}  // namespace perfmodel::cli
