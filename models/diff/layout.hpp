// What the columns of two files mean to their comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diff/kinds.hpp"
#include "diff/survey.hpp"
#include "diff/tolerance.hpp"

namespace perfmodel::diff {

enum class Role : std::uint8_t {
  key,      // text that says which row this is
  metric,   // a number
  verdict,  // text whose change counts
  note,     // text whose change is shown and does not count
};

struct ColumnPlan {
  std::string name;
  Role role = Role::note;
  Better better = Better::neither;
  double tolerance = kDefaultTolerance;
  bool counts = true;  // a metric that moves beyond its tolerance fails the gate
};

struct Layout {
  const Kind* kind = nullptr;  // null for files of no known kind
  bool inferred_keys = false;
  std::vector<ColumnPlan> columns;              // in both files, in the order of the old one
  std::vector<std::string> only_old, only_new;  // columns of one file

  bool repeats() const { return kind != nullptr && kind->repeats; }
  std::vector<std::string> keys() const;
};

struct Wishes {
  std::vector<std::string> keys;    // empty: those of the kind, or the columns of text
  std::vector<std::string> ignore;  // columns left out
  Tolerances tolerances;
};

/// Problems, which go to `diagnostics`: files of different known kinds, no column in common, keys,
/// ignored columns and tolerances of columns that do not exist (with the nearest one that does), no
/// key at all, and text in a column of numbers.
Layout plan(const Survey& before, const Survey& now, const Wishes& wishes,
            spec::Diagnostics& diagnostics);

}  // namespace perfmodel::diff
