// Tiers: the instruction sets that kernels are written for, and which of them this machine can run.
//
// A tier is chosen by the features that the processor reports and the system enables, never by the
// name of a model: names miss new machines and lie in virtual ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perfmodel::kernels {

/// Slowest first; where several can run, the last one is taken.
enum class Tier : std::uint8_t {
  scalar,      // plain C++, summing in FP64: what the others are held against beside the reference
  portable,    // Google Highway, which picks among its own targets
  avx2,        // AVX2, FMA, F16C
  avx512,      // AVX-512 F, BW, DQ, VL: FP32 arithmetic
  avx512bf16,  // adds VBMI, VNNI and BF16: products of BF16 pairs, summed in FP32
  avx512fp16,  // adds FP16 arithmetic
  amx          // avx512bf16 and AMX tiles of BF16, without a need for FP16
};
inline constexpr std::size_t kTierCount = 7;
inline constexpr std::array<std::string_view, kTierCount> kTierNames = {
    "scalar", "portable", "avx2", "avx512", "avx512bf16", "avx512fp16", "amx"};
constexpr std::string_view name_of(Tier t) {
  return kTierNames[static_cast<std::size_t>(t)];
}
std::optional<Tier> tier_named(std::string_view name);

enum class Feature : std::uint8_t {
  avx2,
  fma,
  f16c,
  avx512f,
  avx512bw,
  avx512dq,
  avx512vl,
  avx512vbmi,
  avx512vnni,
  avx512bf16,
  avx512fp16,
  amx_tile,
  amx_bf16,
  amx_int8
};
inline constexpr std::size_t kFeatureCount = 14;
inline constexpr std::array<std::string_view, kFeatureCount> kFeatureNames = {
    "avx2",       "fma",        "f16c",       "avx512f",    "avx512bw", "avx512dq", "avx512vl",
    "avx512vbmi", "avx512vnni", "avx512bf16", "avx512fp16", "amx_tile", "amx_bf16", "amx_int8"};
constexpr std::string_view name_of(Feature f) {
  return kFeatureNames[static_cast<std::size_t>(f)];
}

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<Feature> features) {
    for (const Feature f : features) add(f);
  }
  constexpr void add(Feature f) { bits_ |= 1U << static_cast<unsigned>(f); }
  constexpr bool has(Feature f) const { return (bits_ >> static_cast<unsigned>(f) & 1U) != 0; }
  constexpr bool contains(FeatureSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

/// Names, separated by spaces.
std::string to_string(FeatureSet features);

FeatureSet required_features(Tier t);

/// What CPUID reports (Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E), and XCR0: which
/// register states the system saves. Features whose state is not saved cannot be used.
struct ProcessorWords {
  std::uint32_t leaf1_ecx = 0, leaf7_ebx = 0, leaf7_ecx = 0, leaf7_edx = 0, leaf7_1_eax = 0;
  std::uint64_t xcr0 = 0;
};

/// `grant_tiles` asks the system for the state of AMX, where the processor has it; without a grant
/// there is no AMX.
FeatureSet features_of(const ProcessorWords& words, bool (*grant_tiles)());

/// What the processor has and the system lets a process use. AMX counts only if the kernel grants
/// the permission for its state, which is asked for here. Detected once.
FeatureSet machine_features();

/// Whether the tier was compiled in, and the features suffice.
bool can_run(Tier t, FeatureSet features);
bool can_run(Tier t);

/// A tier, or the reason why there is none.
struct TierChoice {
  std::optional<Tier> tier;
  std::string problem;
};

/// The tier to take among those that a kernel has: the forced one, by name, or the last that can
/// run. An unknown name, a tier that the kernel lacks, and one that the machine cannot run are
/// problems.
TierChoice choose_tier(std::span<const Tier> available, std::string_view forced,
                       FeatureSet features = machine_features());

/// The value of PERFMODEL_KERNEL_TIER, or "" for a free choice.
std::string forced_tier_name();

}  // namespace perfmodel::kernels
