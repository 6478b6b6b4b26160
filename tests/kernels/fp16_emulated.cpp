#include "fp16_emulated.hpp"

#include <array>
#include <cmath>

#include "soft_halves.hpp"

namespace perfmodel::kernels {

namespace gemv_detail {
namespace {

/// What the tier's body is compiled over here. Sums go in the order of the processor's.
struct Simd {
  using V = std::array<float, 16>;

  template <class F>
  static V each(F f) {
    V v{};
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(i);
    return v;
  }
  static V zero() { return V{}; }
  static V set(float x) {
    return each([&](std::size_t) { return x; });
  }
  static V add(const V& a, const V& b) {
    return each([&](std::size_t i) { return a[i] + b[i]; });
  }
  static V mul(const V& a, const V& b) {
    return each([&](std::size_t i) { return a[i] * b[i]; });
  }
  static V fma(const V& a, const V& b, const V& c) {
    return each([&](std::size_t i) { return std::fma(a[i], b[i], c[i]); });
  }
  static V max(const V& a, const V& b) {
    return each([&](std::size_t i) { return a[i] > b[i] ? a[i] : b[i]; });
  }
  static V abs(const V& a) {
    return each([&](std::size_t i) { return std::fabs(a[i]); });
  }
  static float sum(V v) {
    for (std::size_t half = 8; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) v[i] += v[i + half];
    }
    return v[0];
  }
  static float largest(const V& v) {
    float most = v[0];
    for (const float x : v) most = x > most ? x : most;
    return most;
  }
};

struct Halves {
  using V = std::array<std::uint16_t, 32>;

  template <class F>
  static V each(F f) {
    V v{};
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(i);
    return v;
  }
  static V load(const std::uint16_t* p) {
    return each([&](std::size_t i) { return p[i]; });
  }
  static void store(std::uint16_t* p, const V& v) {
    for (std::size_t i = 0; i < v.size(); ++i) p[i] = v[i];
  }
  static V mul(const V& a, const V& b) {
    return each([&](std::size_t i) { return multiply_halves(a[i], b[i]); });
  }
  static V fma(const V& a, const V& b, const V& c) {
    return each([&](std::size_t i) { return multiply_add_halves(a[i], b[i], c[i]); });
  }
  static void prefetch(const std::uint8_t*) {}

  static Simd::V lower(const V& v) {
    return Simd::each([&](std::size_t i) { return fp16_to_float(v[i]); });
  }
  static Simd::V upper(const V& v) {
    return Simd::each([&](std::size_t i) { return fp16_to_float(v[i + 16]); });
  }
  static V narrow(const Simd::V& low, const Simd::V& high) {
    return each([&](std::size_t i) { return float_to_fp16(i < 16 ? low[i] : high[i - 16]); });
  }
  static void decode64(const std::uint8_t* p, V* out) {
    for (std::size_t odd = 0; odd < 2; ++odd)
      out[odd] = each(
          [&](std::size_t i) { return float_to_fp16(decode(Format::e4m3, p[2 * i + odd]) / 256); });
  }
  static void split(const V& first, const V& second, V* out) {
    for (std::size_t odd = 0; odd < 2; ++odd)
      out[odd] = each(
          [&](std::size_t i) { return i < 16 ? first[2 * i + odd] : second[2 * i - 32 + odd]; });
  }
};

#include "kernels/gemv/gemv_fp16_body.hpp"

}  // namespace
}  // namespace gemv_detail

gemv_detail::Functions find_fp16_emulated(Format weights, gemv_detail::Step step,
                                          Format activations) {
  return gemv_detail::find(weights, step, activations);
}

}  // namespace perfmodel::kernels
