#include "cli/report_fields.hpp"

#include <vector>

#include <fmt/format.h>

#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::string_view kOpen = "{{", kClose = "}}";
constexpr std::string_view kNothing = "no answer";

}  // namespace

std::string malformed_field(std::string_view text) {
  while (true) {
    const auto open = text.find(kOpen);
    const auto close = text.find(kClose);
    if (close < open) return "'}}' without '{{' before it";
    if (open == std::string_view::npos) return "";
    if (close == std::string_view::npos) return "'{{' is not closed";
    const auto name = trimmed(text.substr(open + kOpen.size(), close - open - kOpen.size()));
    if (name.empty()) return "a field without a name";
    if (name.find(kOpen) != std::string_view::npos) return "a field inside of a field";
    text.remove_prefix(close + kClose.size());
  }
}

void Fields::set(std::string name, std::string value) {
  if (value.empty()) value = kNothing;
  values_.insert_or_assign(std::move(name), std::move(value));
}

std::string Fields::list() const {
  std::string s;
  for (const auto& [name, value] : values_) s += fmt::format("{} = {}\n", name, value);
  return s;
}

std::string Fields::expand(const ReportText& text, const std::string& file,
                           spec::Diagnostics& diagnostics) const {
  std::string out;
  std::string_view rest = text.text;
  while (true) {
    const auto open = rest.find(kOpen);
    out += rest.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = rest.find(kClose, open);
    if (close == std::string_view::npos) return out;  // malformed_field has told
    const auto name = trimmed(rest.substr(open + kOpen.size(), close - open - kOpen.size()));
    rest.remove_prefix(close + kClose.size());
    if (const auto at = values_.find(name); at != values_.end()) {
      out += at->second;
      continue;
    }
    std::vector<std::string_view> names;
    for (const auto& [known, value] : values_) names.push_back(known);
    diagnostics.add({file, text.mark, text.path, fmt::format("unknown field '{}'", name),
                     spec::nearest_hint(name, names, "perfmodel report --fields lists them")});
  }
}

}  // namespace perfmodel::cli
