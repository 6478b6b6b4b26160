#include "cli/module.hpp"

namespace perfmodel::cli {

std::optional<std::filesystem::path> find_module(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& folder : {program, program.parent_path() / PERFMODEL_LIBDIR / "perfmodel"})
    if (fs::is_regular_file(folder / (name + ".so"), error)) return folder / (name + ".so");
  return std::nullopt;
}

}  // namespace perfmodel::cli
