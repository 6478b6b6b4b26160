#include "spec/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "units/number.hpp"

namespace perfmodel::spec {

std::string to_string(const Diagnostic& d) {
  std::string out = printable(d.file);
  if (d.mark.line > 0)
    out += fmt::format("{}{}:{}", out.empty() ? "" : ":", d.mark.line, d.mark.column);
  for (const auto& part : {d.path, d.message}) {
    if (part.empty()) continue;
    if (!out.empty()) out += ": ";
    out += printable(part);
  }
  if (!d.hint.empty()) out += " (" + printable(d.hint) + ")";
  return out;
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  auto out = items_;
  const auto key = [](const Diagnostic& d) { return std::tie(d.file, d.mark.line, d.mark.column); };
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return out;
}

std::string Diagnostics::to_string() const {
  std::string out;
  for (const auto& d : sorted()) out += spec::to_string(d) + "\n";
  return out;
}

}  // namespace perfmodel::spec
