// Number formats. What a matrix unit computes in (Compute) and what a tensor is stored in (Storage)
// are separate things: FP8 weights may be multiplied in FP8, in INT8 or, widened, in BF16.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "units/quantity.hpp"

namespace perfmodel::spec {

/// Types of a matrix unit; order is that of the names below.
enum class Compute : std::uint8_t { fp32, tf32, fp16, bf16, fp8, int8, fp6, fp4, int4 };
inline constexpr std::array<std::string_view, 9> kComputeNames = {
    "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp6", "fp4", "int4"};
inline constexpr std::size_t kComputeCount = kComputeNames.size();
constexpr std::size_t index(Compute c) {
  return static_cast<std::size_t>(c);
}
constexpr std::string_view name_of(Compute c) {
  return kComputeNames[index(c)];
}

enum class Storage : std::uint8_t {
  fp32,
  fp16,
  bf16,
  fp8,
  fp8_e5m2,
  fp8_block,
  fp8_ue8m0,
  mxfp8,
  int8,
  int4,
  nvfp4,
  mxfp4,
};

/// `block` elements share one scale of `scale_bits`; block 0 means a scale per tensor or channel,
/// which is too small to count.
struct StorageInfo {
  std::string_view name;
  int bits;
  int scale_bits;
  int block;
  Compute native;  // the matrix type that multiplies it without conversion
};

/// DeepSeek's blocks are 128x128 with FP32 or UE8M0 scales (arXiv 2412.19437, V3.1 model card); MX
/// blocks are 32 long with UE8M0 scales (OCP MX v1.0); NVFP4 blocks are 16 long with an E4M3 scale;
/// INT4 as in common 4-bit checkpoints: groups of 32 with 16-bit scales.
inline constexpr std::array<StorageInfo, 12> kStorage = {{
    {"fp32", 32, 0, 0, Compute::fp32},
    {"fp16", 16, 0, 0, Compute::fp16},
    {"bf16", 16, 0, 0, Compute::bf16},
    {"fp8", 8, 0, 0, Compute::fp8},
    {"fp8-e5m2", 8, 0, 0, Compute::fp8},
    {"fp8-block", 8, 32, 128 * 128, Compute::fp8},
    {"fp8-ue8m0", 8, 8, 128 * 128, Compute::fp8},
    {"mxfp8", 8, 8, 32, Compute::fp8},
    {"int8", 8, 0, 0, Compute::int8},
    {"int4", 4, 16, 32, Compute::int4},
    {"nvfp4", 4, 8, 16, Compute::fp4},
    {"mxfp4", 4, 8, 32, Compute::fp4},
}};
constexpr const StorageInfo& info(Storage s) {
  return kStorage[static_cast<std::size_t>(s)];
}
constexpr std::string_view name_of(Storage s) {
  return info(s).name;
}

/// Bytes of one stored element, its share of the block scale included.
constexpr Bytes bytes_per_element(Storage s) {
  const auto& i = info(s);
  const double scale = i.block > 0 ? static_cast<double>(i.scale_bits) / i.block : 0.0;
  return to_bytes(Bits::from_base(i.bits + scale));
}

/// Activations of a matrix multiply are quantised along rows, in blocks of 128 with FP32 scales
/// unless the format itself is finer (arXiv 2412.19437).
constexpr Bytes activation_bytes(Compute c) {
  switch (c) {
    case Compute::fp32:
    case Compute::tf32:
      return Bytes::from_base(4.0);
    case Compute::fp16:
    case Compute::bf16:
      return Bytes::from_base(2.0);
    case Compute::fp8:
    case Compute::int8:
      return Bytes::from_base(1.0 + 4.0 / 128.0);
    case Compute::fp6:
      return Bytes::from_base(0.75 + 1.0 / 32.0);
    case Compute::fp4:
    case Compute::int4:
      return Bytes::from_base(0.5 + 1.0 / 16.0);
  }
  return Bytes::from_base(2.0);
}

inline std::vector<std::pair<std::string_view, Storage>> storage_options() {
  std::vector<std::pair<std::string_view, Storage>> r;
  for (std::size_t i = 0; i < kStorage.size(); ++i)
    r.emplace_back(kStorage[i].name, static_cast<Storage>(i));
  return r;
}
inline std::vector<std::pair<std::string_view, Compute>> compute_options() {
  std::vector<std::pair<std::string_view, Compute>> r;
  for (std::size_t i = 0; i < kComputeCount; ++i)
    r.emplace_back(kComputeNames[i], static_cast<Compute>(i));
  return r;
}

}  // namespace perfmodel::spec
