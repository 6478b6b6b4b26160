#include "kernels/registry/tier.hpp"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace perfmodel::kernels {

namespace {

#if defined(__x86_64__)
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned sub) {
  Registers r;
  __get_cpuid_count(leaf, sub, &r.a, &r.b, &r.c, &r.d);
  return r;
}

/// XCR0: which register states the system saves. Features whose state is not saved cannot be used.
std::uint64_t enabled_states() {
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

/// Linux lends the 8 KiB of AMX state on request only (arch_prctl ARCH_REQ_XCOMP_PERM, feature 18).
bool amx_granted() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

FeatureSet detect() {
  FeatureSet found;
  const auto add = [&](unsigned reg, unsigned bit, Feature f) {
    if ((reg >> bit & 1U) != 0) found.add(f);
  };
  // Bit numbers: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
  const Registers basic = cpuid(1, 0);
  if ((basic.c >> 27 & 1U) == 0) return found;  // OSXSAVE
  const std::uint64_t states = enabled_states();
  constexpr std::uint64_t kAvx = 0x6, kAvx512 = 0xE6, kAmx = 0x60000;
  if ((states & kAvx) != kAvx) return found;
  const Registers seven = cpuid(7, 0);
  const Registers seven1 = cpuid(7, 1);
  add(basic.c, 12, Feature::fma);
  add(basic.c, 29, Feature::f16c);
  add(seven.b, 5, Feature::avx2);
  if ((states & kAvx512) == kAvx512) {
    add(seven.b, 16, Feature::avx512f);
    add(seven.b, 17, Feature::avx512dq);
    add(seven.b, 30, Feature::avx512bw);
    add(seven.b, 31, Feature::avx512vl);
    add(seven.c, 1, Feature::avx512vbmi);
    add(seven.c, 11, Feature::avx512vnni);
    add(seven.d, 23, Feature::avx512fp16);
    add(seven1.a, 5, Feature::avx512bf16);
  }
  if ((states & kAmx) == kAmx && (seven.d >> 24 & 1U) != 0 && amx_granted()) {
    add(seven.d, 22, Feature::amx_bf16);
    add(seven.d, 24, Feature::amx_tile);
    add(seven.d, 25, Feature::amx_int8);
  }
  return found;
}
#else
FeatureSet detect() {
  return {};
}
#endif

bool compiled_in([[maybe_unused]] Tier t) {
#if defined(__x86_64__)
  return true;
#else
  return t == Tier::scalar || t == Tier::portable;
#endif
}

}  // namespace

std::optional<Tier> tier_named(std::string_view name) {
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (kTierNames[i] == name) return static_cast<Tier>(i);
  }
  return std::nullopt;
}

std::string to_string(FeatureSet features) {
  std::string text;
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    if (!features.has(static_cast<Feature>(i))) continue;
    if (!text.empty()) text += ' ';
    text += kFeatureNames[i];
  }
  return text;
}

FeatureSet required_features(Tier t) {
  using F = Feature;
  FeatureSet set;
  switch (t) {
    case Tier::amx:
      set.add(F::amx_tile);
      set.add(F::amx_bf16);
      [[fallthrough]];
    case Tier::avx512bf16:
      for (const F f : {F::avx512vbmi, F::avx512vnni, F::avx512bf16}) set.add(f);
      [[fallthrough]];
    case Tier::avx512:
      for (const F f : {F::avx512f, F::avx512bw, F::avx512dq, F::avx512vl}) set.add(f);
      [[fallthrough]];
    case Tier::avx2:
      for (const F f : {F::avx2, F::fma, F::f16c}) set.add(f);
      break;
    case Tier::portable:
    case Tier::scalar:
      break;
  }
  return set;
}

FeatureSet machine_features() {
  static const FeatureSet features = detect();
  return features;
}

bool can_run(Tier t, FeatureSet features) {
  return compiled_in(t) && features.contains(required_features(t));
}

bool can_run(Tier t) {
  return can_run(t, machine_features());
}

TierChoice choose_tier(std::span<const Tier> available, std::string_view forced,
                       FeatureSet features) {
  if (!forced.empty()) {
    const auto tier = tier_named(forced);
    if (!tier) {
      std::string names;
      for (const auto name : kTierNames) names += (names.empty() ? "" : ", ") + std::string(name);
      return {std::nullopt, "unknown tier '" + std::string(forced) + "'; there are " + names};
    }
    if (std::find(available.begin(), available.end(), *tier) == available.end())
      return {std::nullopt, "this kernel has no tier '" + std::string(forced) + "'"};
    if (!can_run(*tier, features)) {
      return {std::nullopt, "this machine cannot run tier '" + std::string(forced) +
                                "', which needs " + to_string(required_features(*tier))};
    }
    return {tier, ""};
  }
  TierChoice choice{std::nullopt, "this machine can run no tier of this kernel"};
  for (const Tier t : available) {
    if (can_run(t, features) && (!choice.tier || t > *choice.tier)) choice = {t, ""};
  }
  return choice;
}

std::string forced_tier_name() {
  const char* value = std::getenv("PERFMODEL_KERNEL_TIER");
  return value == nullptr ? "" : value;
}

}  // namespace perfmodel::kernels
