#include "cli/provenance.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

#include "cli/version.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::array<std::string_view, 3> kElsewhere = {"help", "format", "out"};

}  // namespace

std::vector<std::string> words_of(const CLI::App& command) {
  std::vector<std::string> words = {command.get_name()};
  for (const auto* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    const auto& name = option->get_lnames()[0];
    if (std::find(kElsewhere.begin(), kElsewhere.end(), name) != kElsewhere.end()) continue;
    const bool flag = option->get_expected_max() == 0;
    if (flag && option->count() > 0) words.push_back("--" + name);
    if (flag) continue;
    auto values = option->results();
    if (values.empty() && !option->get_default_str().empty())
      values.push_back(option->get_default_str());
    for (auto& value : values) {
      words.push_back("--" + name);
      words.push_back(std::move(value));
    }
  }
  return words;
}

report::Provenance provenance_of(const Catalog& catalog, const std::vector<std::string>& command) {
  report::Provenance p{revision(), command, {}};
  for (const auto& [file, digest] : catalog.files_read()) p.files.push_back({file, digest});
  return p;
}

}  // namespace perfmodel::cli
