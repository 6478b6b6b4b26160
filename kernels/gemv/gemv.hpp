// y = W x for one token: a weight matrix in a small format times a vector of BF16 or FP16.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/gemv/gemv_rows.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// A weight matrix as GEMV reads it: the codes where they are, scales as FP32 (but for MX, whose
/// bytes are as short as the memory wants them), and whether a NaN is among the codes. Refers to
/// the matrix, which must outlive it and not change.
class GemvWeights {
 public:
  explicit GemvWeights(const Quantised& q);

  const Quantised& matrix() const { return *q_; }
  std::span<const float> scales() const { return scales_; }
  bool has_nan() const { return has_nan_; }

 private:
  const Quantised* q_;
  std::vector<float> scales_;
  bool has_nan_;
};

/// Tiers that have the combination compiled in, lowest first; whether this machine can run them is
/// another matter.
std::vector<Tier> gemv_tiers(const QuantSpec& weights, Format activations);

/// y[n] = sum over k of W[n][k] * x[k], in FP32. `x` holds the codes of `activations` (BF16 or
/// FP16), one per column. Weights with NaN codes take the scalar tier, whose decoders know them.
/// Throws std::invalid_argument for sizes that do not fit and for tiers without the combination.
void gemv(const GemvWeights& w, Format activations, std::span<const std::uint16_t> x,
          std::span<float> y, const Exec& exec);

/// The same by functions of a tier that the caller vouches for: tests run one in software. NaN
/// codes among the weights are the functions' concern.
void gemv(const GemvWeights& w, std::span<const std::uint16_t> x, std::span<float> y,
          const gemv_detail::Functions& f, Team& team);

}  // namespace perfmodel::kernels
