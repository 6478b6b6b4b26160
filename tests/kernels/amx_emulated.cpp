#include "amx_emulated.hpp"

#include <cmath>

#include "emulated_tiles.hpp"

namespace perfmodel::kernels {

namespace gemm_detail {
namespace {

#include "kernels/gemm/gemm_amx_body.hpp"

void put(void* out, std::int64_t at, std::uint16_t code) {
  __builtin_memcpy(static_cast<std::uint8_t*>(out) + 2 * at, &code, sizeof code);
}

std::uint16_t get(const void* in, std::int64_t at) {
  std::uint16_t code = 0;
  __builtin_memcpy(&code, static_cast<const std::uint8_t*>(in) + 2 * at, sizeof code);
  return code;
}

/// Where Layout::pairs puts the code at `i` of 64 packed ones.
std::int64_t unpacked(std::int64_t i) {
  const std::int64_t lane = i / 16, rest = i % 16;
  return rest / 8 * 32 + 2 * (4 * lane + rest % 8 / 2) + rest % 2;
}

template <Format F>
void weights(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  for (std::int64_t i = 0; i < count; ++i)
    put(out, i / 64 * 64 + unpacked(i % 64), float_to_bf16(decode(F, codes[i])));
}

/// The same for two of 128 packed codes a byte.
void weights_of_4_bits(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto code = static_cast<std::uint16_t>((codes[i / 2] >> (4 * (i % 2))) & 0xF);
    const std::int64_t word = i % 128 / 4;
    put(out, i / 128 * 128 + i % 4 * 32 + word, float_to_bf16(decode(Format::e2m1, code)));
  }
}

template <Format F>
void in_order(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint16_t code =
        F == Format::bf16 ? get(codes, i) : float_to_bf16(decode(F, codes[i]));
    put(out, i, code);
  }
}

template <std::int64_t Group>
void split(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = fp16_to_float(get(codes, i));
    const std::uint16_t high = float_to_bf16(value);
    const std::int64_t at = i / Group * 2 * Group + i % Group;
    put(out, at, high);
    put(out, at + Group, float_to_bf16(value - bf16_to_float(high)));
  }
}

void fold(void* pairs, std::int64_t columns, const float* scales) noexcept {
  for (std::int64_t i = 0; i < columns * kPanel; ++i)
    put(pairs, i, float_to_bf16(bf16_to_float(get(pairs, i)) * scales[i / 2 % kPanel]));
}

void enter() noexcept {
  Tiles::configure();
}
void leave() noexcept {
  Tiles::release();
}

WidenFn weights_of(Format f) {
  switch (f) {
    case Format::e4m3:
      return weights<Format::e4m3>;
    case Format::e5m2:
      return weights<Format::e5m2>;
    case Format::int8:
      return weights<Format::int8>;
    case Format::e2m1:
      return weights_of_4_bits;
    case Format::fp16:
      return split<1024>;
    default:
      return nullptr;
  }
}

WidenFn activations_of(Format f) {
  switch (f) {
    case Format::e4m3:
      return in_order<Format::e4m3>;
    case Format::e5m2:
      return in_order<Format::e5m2>;
    case Format::bf16:
      return in_order<Format::bf16>;
    case Format::fp16:
      return split<32>;
    default:
      return nullptr;
  }
}

Functions find_emulated(Format weights, Format activations) {
  return with_widening(weights, activations, weights_of(weights), activations_of(activations));
}

}  // namespace
}  // namespace gemm_detail

gemm_detail::Functions find_amx_emulated(Format weights, Format activations) {
  return gemm_detail::find_emulated(weights, activations);
}

}  // namespace perfmodel::kernels
