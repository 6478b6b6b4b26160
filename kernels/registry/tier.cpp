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

/// Leaf 1, ECX: XGETBV may be asked.
[[maybe_unused]] constexpr unsigned kOsXsave = 27;

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
  const Registers basic = cpuid(1, 0);
  const Registers seven = cpuid(7, 0);
  const Registers seven1 = cpuid(7, 1);
  ProcessorWords w;
  w.leaf1_ecx = basic.c;
  w.leaf7_ebx = seven.b;
  w.leaf7_ecx = seven.c;
  w.leaf7_edx = seven.d;
  w.leaf7_1_eax = seven1.a;
  if ((basic.c >> kOsXsave & 1U) != 0) w.xcr0 = enabled_states();
  return features_of(w, amx_granted);
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

FeatureSet features_of(const ProcessorWords& w, bool (*grant_tiles)()) {
  FeatureSet found;
  const auto add = [&](std::uint32_t word, unsigned bit, Feature f) {
    if ((word >> bit & 1U) != 0) found.add(f);
  };
  if ((w.leaf1_ecx >> kOsXsave & 1U) == 0) return found;
  constexpr std::uint64_t kAvx = 0x6, kAvx512 = 0xE6, kAmx = 0x60000;
  if ((w.xcr0 & kAvx) != kAvx) return found;
  add(w.leaf1_ecx, 12, Feature::fma);
  add(w.leaf1_ecx, 29, Feature::f16c);
  add(w.leaf7_ebx, 5, Feature::avx2);
  if ((w.xcr0 & kAvx512) == kAvx512) {
    add(w.leaf7_ebx, 16, Feature::avx512f);
    add(w.leaf7_ebx, 17, Feature::avx512dq);
    add(w.leaf7_ebx, 30, Feature::avx512bw);
    add(w.leaf7_ebx, 31, Feature::avx512vl);
    add(w.leaf7_ecx, 1, Feature::avx512vbmi);
    add(w.leaf7_ecx, 11, Feature::avx512vnni);
    add(w.leaf7_edx, 23, Feature::avx512fp16);
    add(w.leaf7_1_eax, 5, Feature::avx512bf16);
  }
  constexpr unsigned kAmxTile = 24;
  if ((w.xcr0 & kAmx) == kAmx && (w.leaf7_edx >> kAmxTile & 1U) != 0 && grant_tiles()) {
    add(w.leaf7_edx, 22, Feature::amx_bf16);
    add(w.leaf7_edx, kAmxTile, Feature::amx_tile);
    add(w.leaf7_edx, 25, Feature::amx_int8);
  }
  return found;
}

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
    case Tier::avx512fp16:
    case Tier::avx512bf16:
      if (t == Tier::avx512fp16) set.add(F::avx512fp16);
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
