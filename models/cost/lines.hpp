// A time as the least of several lines in one amount, so that what a message takes by its cheapest
// algorithm can be worked out once for all sizes. The arithmetic is that of Time and Bytes: a
// formula written for both (collective.cpp) gives a number for a number of bytes, and its lines for
// an Amount.
#pragma once

#include <span>
#include <vector>

#include "units/quantity.hpp"

namespace perfmodel::cost {

/// t(x) = min over lines of at_zero + slope x, for x >= 0.
class Lines {
 public:
  struct Line {
    Time at_zero{};
    Time slope{};  // by unit of x
    bool operator==(const Line&) const = default;
  };

  Lines() : lines_(1) {}  // zero everywhere
  explicit Lines(Line line) : lines_{line} {}

  /// Those of the lines that are least somewhere, flatter from one to the next.
  std::span<const Line> lines() const { return lines_; }
  Time at(double x) const;

  Lines& operator+=(Time t);
  Lines& operator+=(const Lines& o);
  Lines& operator*=(double factor);  // > 0
  friend Lines operator+(Lines a, const Lines& b) { return a += b; }
  friend Lines operator+(Lines a, Time t) { return a += t; }
  friend Lines operator*(Lines a, double factor) { return a *= factor; }
  friend Lines min(Lines a, const Lines& b);

 private:
  void prune();
  std::vector<Line> lines_;
};

/// `per_unit` x bytes, x open.
struct Amount {
  Bytes per_unit{};

  friend Amount operator*(Amount a, double s) { return {a.per_unit * s}; }
  friend Amount operator/(Amount a, double s) { return {a.per_unit / s}; }
  friend Lines operator/(Amount a, Bandwidth b) { return Lines({Time{}, a.per_unit / b}); }
  Amount& operator/=(double s) { return *this = *this / s; }
};

}  // namespace perfmodel::cost
