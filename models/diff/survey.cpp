#include "diff/survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

void read_header(const csv::Record& r, Survey& s, Problems& problems) {
  s.header_line = r.line;
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < r.fields.size(); ++i) {
    const auto name = r.fields[i];
    s.columns.emplace_back().name = name;
    if (name.empty()) {
      problems.add(r.line, "", fmt::format("column {} has no name", i + 1));
    } else if (const auto [at, is_new] = seen.emplace(name, i); !is_new) {
      problems.add(r.line, "", fmt::format("column {} is there twice", quoted(name)),
                   fmt::format("columns {} and {}", at->second + 1, i + 1));
    }
  }
}

void read_row(const csv::Record& r, Survey& s, Problems& problems) {
  ++s.rows;
  if (r.fields.size() != s.columns.size()) {
    problems.add(
        r.line, "",
        fmt::format("has {} fields where the header has {}", r.fields.size(), s.columns.size()));
    return;
  }
  for (std::size_t i = 0; i < r.fields.size(); ++i) {
    const auto field = r.fields[i];
    if (field.empty()) continue;
    auto& c = s.columns[i];
    switch (scan_entire(field).status) {
      case NumberScan::Status::ok:
        ++c.numbers;
        break;
      case NumberScan::Status::not_finite:
        ++c.non_finite;
        break;
      case NumberScan::Status::out_of_range:
        problems.add(r.line, c.name, fmt::format("{} is beyond the largest number", quoted(field)));
        break;
      case NumberScan::Status::not_a_number:
        if (c.words++ == 0) {
          c.first_word_line = r.line;
          c.first_word = field;
        }
        break;
    }
  }
}

}  // namespace

std::vector<std::string> Survey::header() const {
  std::vector<std::string> names;
  for (const auto& c : columns) names.push_back(c.name);
  return names;
}

const ColumnSurvey* Survey::find(std::string_view name) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
  return at == columns.end() ? nullptr : &*at;
}

Survey survey(const Source& source, spec::Diagnostics& diagnostics) {
  Survey s;
  s.file = source.file;
  const auto before = diagnostics.size();
  Problems problems(source.file, diagnostics);
  const bool read = for_each_record(source, diagnostics, [&](const csv::Record& r) {
    if (s.columns.empty())
      read_header(r, s, problems);
    else
      read_row(r, s, problems);
  });
  if (read && s.rows == 0 && diagnostics.size() == before)
    problems.add(s.header_line, "", "has a header and no rows",
                 "an empty result compares to nothing");
  return s;
}

}  // namespace perfmodel::diff
