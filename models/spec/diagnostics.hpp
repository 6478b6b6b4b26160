// Problems in input, collected so that all of them can be shown at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/sourced.hpp"

namespace perfmodel::spec {

struct Diagnostic {
  std::string file;
  Mark mark;
  std::string path;  // "memory.bandwidth", empty for the file as a whole
  std::string message;
  std::string hint;  // the nearest right thing, may be empty
};

/// "file:line:column: path: message (hint)"; parts that are empty are left out.
std::string to_string(const Diagnostic& d);

class Diagnostics {
 public:
  void add(Diagnostic d) { items_.push_back(std::move(d)); }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  /// In order of file, line, column.
  std::vector<Diagnostic> sorted() const;
  /// One line per problem.
  std::string to_string() const;

 private:
  std::vector<Diagnostic> items_;
};

/// The candidate nearest to `word` (Damerau-Levenshtein, case-insensitive), or empty when none is
/// near enough to be a likely slip (distance > max(2, length / 3)).
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace perfmodel::spec
