#include "kernels/registry/sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace perfmodel::kernels {

std::uint64_t Random::bits() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1DU;
}

float Random::uniform() {
  return static_cast<float>(bits() >> 40) * 0x1p-24F;
}

float Random::normal() {
  // Four 16-bit uniforms of variance 1/12 each, from one draw.
  std::uint64_t b = bits();
  float sum = 0.0F;
  for (int i = 0; i < 4; ++i, b >>= 16) sum += static_cast<float>(b & 0xFFFF);
  return (sum * 0x1p-16F - 2.0F) * 1.7320508F;
}

std::vector<float> sample_values(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> v(n);
  for (float& x : v) {
    x = random.normal();
    if (random.bits() % 499 == 0) x *= 20.0F;
  }
  return v;
}

std::vector<std::uint16_t> sample_codes(Format f, std::size_t n, std::uint64_t seed) {
  const auto values = sample_values(n, seed);
  std::vector<std::uint16_t> codes(n);
  std::transform(values.begin(), values.end(), codes.begin(),
                 [&](float v) { return encode(f, v); });
  return codes;
}

namespace {

std::uint16_t random_code(Format f, Random& random) {
  const auto bits = static_cast<std::uint32_t>(random.bits() >> 20);
  switch (f) {
    case Format::fp16:
    case Format::bf16:
      return encode(f, random.normal());
    case Format::e4m3:
      return static_cast<std::uint16_t>((bits & 0x80) | (bits & 0x7F) % 0x7F);
    case Format::e5m2:
      return static_cast<std::uint16_t>((bits & 0x80) | (bits & 0x7F) % 0x7C);
    case Format::e2m1:
      return static_cast<std::uint16_t>(bits & 0xF);
    default:
      return static_cast<std::uint16_t>(bits & 0xFF);
  }
}

}  // namespace

Quantised sample_matrix(const QuantSpec& spec, std::int64_t rows, std::int64_t columns,
                        std::uint64_t seed) {
  Quantised q(spec, rows, columns);
  Random random(seed);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) q.set_code(r, c, random_code(spec.format, random));
  }
  for (float& s : q.scales()) s = (0.5F + random.uniform()) * 0x1p-6F;
  for (std::uint8_t& e : q.exponents()) e = static_cast<std::uint8_t>(118 + random.bits() % 8);
  return q;
}

std::int64_t copies_for(std::int64_t bytes, bool benchmark) {
  constexpr std::int64_t kBeyondCaches = std::int64_t{256} << 20;
  return benchmark ? std::max<std::int64_t>(1, kBeyondCaches / std::max<std::int64_t>(bytes, 1))
                   : 1;
}

std::vector<std::int64_t> uneven_offsets(std::int64_t m, std::int64_t groups) {
  std::vector<std::int64_t> offsets{0};
  std::int64_t weight = 0;
  const auto weight_of = [](std::int64_t g) { return g % 5 == 3 ? 0 : 1 + g * 7 % 11; };
  for (std::int64_t g = 0; g < groups; ++g) weight += weight_of(g);
  std::int64_t sum = 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    sum += weight_of(g);
    offsets.push_back(m * sum / weight);
  }
  return offsets;
}

std::int64_t groups_with_rows(std::int64_t m, std::int64_t groups) {
  const auto offsets = uneven_offsets(m, groups);
  std::int64_t n = 0;
  for (std::size_t i = 1; i < offsets.size(); ++i) n += offsets[i] > offsets[i - 1] ? 1 : 0;
  return n;
}

double largest_error(std::span<const float> actual, std::span<const double> expected,
                     std::span<const double> scale) {
  double largest = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(actual[i]) - expected[i]);
    if (difference == 0.0) continue;
    const double error = difference / scale[i];
    if (!(error <= largest)) {
      largest = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
    }
  }
  return largest;
}

}  // namespace perfmodel::kernels
