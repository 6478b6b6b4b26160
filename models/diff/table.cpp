#include "diff/table.hpp"

#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

State state_of(std::string_view word) {
  if (word.empty()) return State::empty;
  if (lower(word).find("nan") != std::string::npos) return State::nan;
  return word.starts_with('-') ? State::minus_inf : State::inf;
}

}  // namespace

std::uint32_t Words::number_of(std::string_view text) {
  if (const auto at = numbers_.find(text); at != numbers_.end()) return at->second;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  numbers_.emplace(texts_.emplace_back(text), number);
  return number;
}

std::string_view name_of(State s) {
  switch (s) {
    case State::number:
      return "a number";
    case State::empty:
      return "(empty)";
    case State::nan:
      return "nan";
    case State::inf:
      return "inf";
    case State::minus_inf:
      break;
  }
  return "-inf";
}

Table load(const Source& source, const Survey& survey, const Layout& layout, Words& words) {
  Table t;
  t.file = source.file;
  t.lines.reserve(survey.rows);
  t.columns.resize(layout.columns.size());
  std::vector<std::size_t> at;  // of each column in the file
  for (std::size_t c = 0; c < layout.columns.size(); ++c) {
    const auto& plan = layout.columns[c];
    at.push_back(static_cast<std::size_t>(survey.find(plan.name) - survey.columns.data()));
    auto& cells = t.columns[c];
    if (plan.role == Role::metric) {
      cells.values.reserve(survey.rows);
      cells.states.reserve(survey.rows);
    } else {
      cells.words.reserve(survey.rows);
    }
  }
  bool header = true;
  spec::Diagnostics none;  // the survey has met every problem there is
  for_each_record(source, none, [&](const csv::Record& r) {
    if (header) {
      header = false;
      return;
    }
    t.lines.push_back(r.line);
    for (std::size_t c = 0; c < layout.columns.size(); ++c) {
      const auto field = r.fields[at[c]];
      auto& cells = t.columns[c];
      if (layout.columns[c].role != Role::metric) {
        cells.words.push_back(words.number_of(field));
        continue;
      }
      const auto scan = scan_entire(field);
      const bool number = scan.status == NumberScan::Status::ok;
      cells.values.push_back(scan.value);
      cells.states.push_back(number ? State::number : state_of(field));
    }
  });
  return t;
}

}  // namespace perfmodel::diff
