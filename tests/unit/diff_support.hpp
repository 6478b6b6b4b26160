// Result files as text, held against each other.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "diff/compare.hpp"

namespace perfmodel::diff {

struct Result {
  Comparison c;
  std::string problems;
  const MetricResult& metric(const std::string& name) const {
    for (const auto& m : c.metrics)
      if (m.name == name) return m;
    throw std::runtime_error("no metric " + name + "; " + problems);
  }
};

inline Result diff_of(const std::string& before, const std::string& now,
                      const Options& options = {}) {
  spec::Diagnostics d;
  const auto a = make_source(before, "old.csv", d);
  const auto b = make_source(now, "new.csv", d);
  Result r;
  if (d.empty()) r.c = compare(a, b, options, d);
  r.problems = d.to_string();
  return r;
}

inline Options with_keys(std::vector<std::string> keys) {
  Options o;
  o.wishes.keys = std::move(keys);
  return o;
}

inline Tolerances tolerances(const std::vector<std::string>& words,
                             std::string* problems = nullptr) {
  spec::Diagnostics d;
  auto t = parse_tolerances(words, d);
  if (problems != nullptr) *problems = d.to_string();
  return t;
}

}  // namespace perfmodel::diff
