#include "cost/residual.hpp"

namespace perfmodel::cost {
namespace {

using spec::MapReader;
using spec::Need;

constexpr double kMostError = 1e6;
constexpr long kMostRows = 1'000'000'000;

Residual read_one(MapReader& r, LeftOut left_out, Measured of) {
  Residual one;
  one.left_out = left_out;
  one.of = of;
  one.rows = r.integer("rows", Need::required, 1, kMostRows).value_or(1);
  one.median = r.number("median", Need::required, 0, kMostError).value_or(0);
  one.p90 = r.number("p90", Need::required, 0, kMostError).value_or(one.median);
  one.bias = r.number("bias", Need::required, 1 / kMostError, kMostError).value_or(1);
  if (one.p90 < one.median)
    r.context().problem(r.mark_of_value("p90"), r.path() + ".p90", "is below the median");
  r.finish();
  return one;
}

}  // namespace

std::vector<Residual> read_residuals(MapReader& stack) {
  std::vector<Residual> all;
  auto residual = stack.map("residual", Need::optional);
  if (!residual) return all;
  for (std::size_t l = 0; l < kLeftOutNames.size(); ++l) {
    auto kinds = residual->map(kLeftOutNames[l], Need::optional);
    if (!kinds) continue;
    for (std::size_t m = 0; m < kMeasuredNames.size(); ++m)
      if (auto one = kinds->map(kMeasuredNames[m], Need::optional))
        all.push_back(read_one(*one, static_cast<LeftOut>(l), static_cast<Measured>(m)));
    kinds->finish();
  }
  residual->finish();
  return all;
}

}  // namespace perfmodel::cost
