// Linear programmes over whole numbers, solved to proven optimality. The only user of COIN-OR CBC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace perfmodel::fleet {

/// A coefficient of a column.
struct Term {
  std::size_t column = 0;
  double factor = 0;
};
using Terms = std::vector<Term>;

/// Columns are whole numbers between 0 and a bound. Rows bound sums of columns. Coefficients are
/// meant to be whole too, at most some millions: then two values of a sum differ by one or not at
/// all, and the solver's tolerances (1e-7 of a row) decide nothing.
class IntegerProgram {
 public:
  std::size_t add_column(std::int64_t most);
  void add_row_at_most(Terms terms, double bound);
  void add_row_at_least(Terms terms, double bound);

  std::size_t columns() const { return most_.size(); }

  /// The columns at which `objective` is least. Empty where no whole numbers keep the rows, or
  /// where optimality was not proven within kMostNodes nodes of the search. Single-threaded, from a
  /// fixed seed, no time limit: the same answer each time.
  std::optional<std::vector<std::int64_t>> least(const Terms& objective) const;

 private:
  struct Row {
    Terms terms;
    double low, high;
  };
  std::vector<std::int64_t> most_;
  std::vector<Row> rows_;
};

inline constexpr int kMostNodes = 200'000;

}  // namespace perfmodel::fleet
