// {{fields}} of a report's texts: names of results, put in once these are known.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cli/report_config.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::cli {

/// What is wrong with a text's braces, whatever the names in them; empty if nothing is.
std::string malformed_field(std::string_view text);

class Fields {
 public:
  /// A result without a number has a text too ("no answer"): a field is never empty.
  void set(std::string name, std::string value);
  /// A line for each, "name = value".
  std::string list() const;
  /// The text with its fields put in. A name that is not known is a problem, with the nearest.
  std::string expand(const ReportText& text, const std::string& file,
                     spec::Diagnostics& diagnostics) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace perfmodel::cli
