// Data for tests and benchmarks: reproducible, and made fast enough for matrices of gigabytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {

/// xorshift64*: good enough for data, and the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x1234567U) {}
  std::uint64_t bits();
  /// Uniform in [0, 1).
  float uniform();
  /// Roughly normal, variance 1: the sum of four uniforms.
  float normal();

 private:
  std::uint64_t state_;
};

/// Normal values with now and then one 20 times as large, as activations have them.
std::vector<float> sample_values(std::size_t n, std::uint64_t seed);

/// The values in BF16 or FP16.
std::vector<std::uint16_t> sample_codes(Format f, std::size_t n, std::uint64_t seed);

/// A matrix whose codes cover the whole format (without NaN and infinity, and away from the ends of
/// FP16 and BF16) and whose scales differ from block to block.
Quantised sample_matrix(const QuantSpec& spec, std::int64_t rows, std::int64_t columns,
                        std::uint64_t seed);

/// As many copies as it takes for a benchmark to read each of them from memory: 256 MiB in all, for
/// last-level caches of up to about half of that. One for a test.
std::int64_t copies_for(std::int64_t bytes, bool benchmark);

/// Uneven rows of `groups` experts that add up to m: a few have many, some none. Where each begins,
/// and the end.
std::vector<std::int64_t> uneven_offsets(std::int64_t m, std::int64_t groups);
/// Groups of uneven_offsets that have a row: the others' weights are not read.
std::int64_t groups_with_rows(std::int64_t m, std::int64_t groups);

/// Largest |actual - expected| / scale over all elements. NaN counts as infinite.
double largest_error(std::span<const float> actual, std::span<const double> expected,
                     std::span<const double> scale);

}  // namespace perfmodel::kernels
