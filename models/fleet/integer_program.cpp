#include "fleet/integer_program.hpp"

#include <coin/Cbc_C_Interface.h>

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace perfmodel::fleet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Delete {
  void operator()(Cbc_Model* model) const { Cbc_deleteModel(model); }
};
using Model = std::unique_ptr<Cbc_Model, Delete>;

}  // namespace

std::size_t IntegerProgram::add_column(std::int64_t most) {
  most_.push_back(most);
  return most_.size() - 1;
}

void IntegerProgram::add_row_at_most(Terms terms, double bound) {
  rows_.push_back({std::move(terms), -kInfinity, bound});
}

void IntegerProgram::add_row_at_least(Terms terms, double bound) {
  rows_.push_back({std::move(terms), bound, kInfinity});
}

std::optional<std::vector<std::int64_t>> IntegerProgram::least(const Terms& objective) const {
  const auto n = most_.size();
  std::vector<std::vector<std::pair<int, double>>> by_column(n);
  for (std::size_t r = 0; r < rows_.size(); ++r)
    for (const auto& t : rows_[r].terms)
      by_column[t.column].emplace_back(static_cast<int>(r), t.factor);
  std::vector<CoinBigIndex> start = {0};
  std::vector<int> index;
  std::vector<double> value, low(n, 0.0), high, cost(n, 0.0), row_low, row_high;
  for (std::size_t c = 0; c < n; ++c) {
    for (const auto& [row, factor] : by_column[c]) {
      index.push_back(row);
      value.push_back(factor);
    }
    start.push_back(static_cast<CoinBigIndex>(index.size()));
    high.push_back(static_cast<double>(most_[c]));
  }
  for (const auto& t : objective) cost[t.column] += t.factor;
  for (const auto& r : rows_) {
    row_low.push_back(r.low);
    row_high.push_back(r.high);
  }
  const Model model(Cbc_newModel());
  Cbc_setLogLevel(model.get(), 0);
  Cbc_loadProblem(model.get(), static_cast<int>(n), static_cast<int>(rows_.size()), start.data(),
                  index.data(), value.data(), low.data(), high.data(), cost.data(), row_low.data(),
                  row_high.data());
  for (std::size_t c = 0; c < n; ++c) Cbc_setInteger(model.get(), static_cast<int>(c));
  Cbc_setObjSense(model.get(), 1);
  Cbc_setParameter(model.get(), "threads", "0");
  Cbc_setParameter(model.get(), "randomSeed", "1");
  Cbc_setParameter(model.get(), "randomCbcSeed", "1");
  // Plain branch and bound: the preprocessing of CBC 2.10 has cut off the best answer of problems
  // with general whole numbers, and cuts and heuristics cost more than they save on small ones.
  for (const char* part : {"preprocess", "cuts", "heuristics"})
    Cbc_setParameter(model.get(), part, "off");
  Cbc_setAllowableGap(model.get(), 0);
  Cbc_setAllowableFractionGap(model.get(), 0);
  Cbc_setMaximumNodes(model.get(), kMostNodes);
  Cbc_solve(model.get());
  if (Cbc_isProvenOptimal(model.get()) == 0) return std::nullopt;
  const double* found = Cbc_getColSolution(model.get());
  std::vector<std::int64_t> whole(n);
  for (std::size_t c = 0; c < n; ++c) whole[c] = std::llround(found[c]);
  // What the solver's tolerances let through would be a wrong answer here.
  for (const auto& r : rows_) {
    double sum = 0;
    for (const auto& t : r.terms) sum += t.factor * static_cast<double>(whole[t.column]);
    if (sum < r.low || sum > r.high) throw std::logic_error("the solver's answer breaks a row");
  }
  return whole;
}

}  // namespace perfmodel::fleet
