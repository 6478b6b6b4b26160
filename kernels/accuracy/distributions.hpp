// Tensors that look like those of language models, pseudo-random and the same on every machine:
// what the formats are held against.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace perfmodel::kernels {

enum class Distribution : std::uint8_t {
  gaussian,
  student_t4,       // Student's t of 4 degrees of freedom: heavy tails, variance still finite
  outlier_channels  // Gaussian, some channels 30 times as large
};
inline constexpr std::array<Distribution, 3> kDistributions = {
    Distribution::gaussian, Distribution::student_t4, Distribution::outlier_channels};
constexpr std::string_view name_of(Distribution d) {
  constexpr std::array<std::string_view, 3> names = {"gaussian", "student-t4", "outliers"};
  return names[static_cast<std::size_t>(d)];
}

/// What the matrix is to a product. Outlier channels of weights are rows, output channels; those of
/// activations are columns, a few features that are large in every token (LLM.int8(), arXiv
/// 2208.07339).
enum class Operand : std::uint8_t { weights, activations };
constexpr std::string_view name_of(Operand o) {
  return o == Operand::weights ? "weights" : "activations";
}

/// One channel in this many is an outlier; larger than a block of scales, so that most blocks have
/// none.
inline constexpr std::int64_t kOutlierEvery = 512;
inline constexpr float kOutlierFactor = 30.0F;
/// Standard deviation of the weights; that of activations is 1. Outliers come on top.
inline constexpr float kWeightDeviation = 0.02F;

/// Row-major, `rows` x `columns`.
std::vector<float> operand_values(Operand operand, Distribution distribution, std::int64_t rows,
                                  std::int64_t columns, std::uint64_t seed);

}  // namespace perfmodel::kernels
