// Time of one operator on one device: a smooth roofline with tile and wave quantisation and a
// launch term.
#pragma once

#include "cost/machine.hpp"
#include "ops/op.hpp"

namespace perfmodel::cost {

enum class Bound : std::uint8_t { compute, vector, memory, link, overhead };
inline constexpr std::array<std::string_view, 5> kBoundNames = {"compute", "vector", "memory",
                                                                "link", "overhead"};
constexpr std::string_view name_of(Bound b) {
  return kBoundNames[static_cast<std::size_t>(b)];
}

/// Each resource alone, and together.
struct OpTime {
  Time compute{};
  Time vector{};
  Time memory{};
  Time link{};
  Time overhead{};
  Time total{};
  Bound bound = Bound::overhead;
};

/// (a^p + b^p)^(1/p), the greater of the two for p = 0. Never less than either.
Time smooth_max(Time a, Time b, double p);

/// Hottest expert rank over the mean: what random routing of `load` mean assignments to each of
/// `ranks` ranks adds, times the software's imbalance; the imbalance alone where it was measured
/// with that in it. One where the machine is ideal.
///
/// For independent loads of mean and variance `load`, the expected maximum over R ranks is about
/// load + sqrt(2 load ln R) + ln(R)/3 (Bernstein); a rank cannot get more than everything.
double hottest_rank(const Machine& m, double load, double ranks);

/// The shortest slice of the inner dimension worth a core of its own: below it the partial sums
/// cost more than they save (the usual bound of split-K kernels, a few tiles of depth).
inline constexpr double kSplitDepth = 512.0;

/// Padded over useful work of a matrix product: rows to tiles, tiles to waves over the cores. When
/// the tiles are fewer than the cores the inner dimension is split over the idle ones. `wave_share`
/// is the part of the last wave's idle cores that is lost: kernels overlap waves and split the
/// rest.
double padding(const Machine& m, const ops::OpCost& c, double wave_share = 1.0);

/// Bytes that an operator moves to and from memory on the mean device: weights, cache, and the part
/// of the activations that the last-level cache does not keep.
Bytes from_memory(const Machine& m, const ops::OpCost& c);

/// Time of an operator without a message.
OpTime time_of(const Machine& m, const ops::OpCost& c, ops::OpClass op_class,
               spec::Compute compute);

}  // namespace perfmodel::cost
