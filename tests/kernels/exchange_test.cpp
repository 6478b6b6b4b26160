// What moving rows between partitions and storing tokens refuse, and what they leave alone.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "kernels/attention/attention.hpp"
#include "kernels/moe/moe.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/rows/convert.hpp"

namespace perfmodel::kernels {
namespace {

TEST(Shuffle, TwiceWithTheCountsTransposedIsWhatItWas) {
  Team team(3);
  const std::vector<std::int64_t> there{2, 0, 5, 1, 1, 3, 0, 4, 0}, back{2, 1, 0, 0, 1, 4, 5, 3, 0};
  Buffer<float> a(std::size_t{16} * 64), b(a.size()), c(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
  for (const Tier t : shuffle_tiers()) {
    if (!can_run(t)) continue;
    shuffle_rows(a.span(), 64, 3, there, b.span(), {t, team});
    EXPECT_NE(b[2 * 64], a[2 * 64]) << "something must have moved";
    shuffle_rows(b.span(), 64, 3, back, c.span(), {t, team});
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i], c[i]) << name_of(t);
  }
}

TEST(Shuffle, RefusesWhatDoesNotFit) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  Buffer<float> a(128), b(128);
  const std::vector<std::int64_t> fits{1, 1, 1, 1}, negative{3, -1, 1, 1}, few{2, 2, 0};
  shuffle_rows(a.span(), 32, 2, fits, b.span(), exec);
  EXPECT_THROW(shuffle_rows(a.span(), 32, 2, negative, b.span(), exec), std::invalid_argument);
  EXPECT_THROW(shuffle_rows(a.span(), 32, 2, few, b.span(), exec), std::invalid_argument);
  EXPECT_THROW(shuffle_rows(a.span(), 16, 2, fits, b.span(), exec), std::invalid_argument);
  EXPECT_THROW(shuffle_rows(a.span().first(96), 32, 2, fits, b.span(), exec),
               std::invalid_argument);
  EXPECT_THROW(shuffle_rows(a.span(), 32, 2, fits, b.span(), {Tier::amx, team}),
               std::invalid_argument);
}

TEST(Combine, RefusesWhatDoesNotFit) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  std::vector<float> in(64), weights(4), out(64);
  const std::vector<std::int32_t> index{0, 1, 1, 0}, beyond{0, 1, 2, 0};
  combine_rows(in, 32, index, weights, out, exec);
  EXPECT_THROW(combine_rows(in, 32, beyond, weights, out, exec), std::invalid_argument);
  EXPECT_THROW(combine_rows(in, 30, index, weights, out, exec), std::invalid_argument);
  EXPECT_THROW(combine_rows(in, 32, std::span(index).first(3), weights, out, exec),
               std::invalid_argument);
}

TEST(Convert, RefusesPlacesBeyondTheOperands) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  const std::vector<float> in(128);
  std::vector<std::uint16_t> out(128);
  narrow(in, {1, 64, 0}, 2, 64, out, {2, 0, 64}, exec);
  EXPECT_THROW(narrow(in, {1, 96, 0}, 2, 64, out, {1, 64, 0}, exec), std::invalid_argument);
  EXPECT_THROW(narrow(in, {1, 64, 0}, 2, 64, out, {2, 0, 65}, exec), std::invalid_argument);
  EXPECT_THROW(narrow(in, {1, 64, 0}, 2, 48, out, {1, 64, 0}, exec), std::invalid_argument);
  EXPECT_THROW(narrow(in, {0, 64, 0}, 2, 64, out, {1, 64, 0}, exec), std::invalid_argument);
  EXPECT_THROW(add_rows(in, {1, 64, 0}, 3, 64, out, {1, 64, 0}, exec), std::invalid_argument);
}

TEST(KvAppend, StoresWhatStoreDoesAndRefusesNan) {
  Team team(2);
  for (const Format f : {Format::bf16, Format::e4m3}) {
    const KvLayout layout{f, 2, 64, 32, 32, false};
    KvCache a(layout, 2), b(layout, 2);
    auto keys = sample_values(std::size_t{20} * 128, 1);
    const auto values = sample_values(std::size_t{20} * 64, 2);
    std::vector<std::int64_t> places;
    for (std::int64_t t = 0; t < 20; ++t) places.push_back(t * 3);
    kv_append(a, places, keys, 128, values, 64, {Tier::scalar, team});
    for (std::size_t t = 0; t < 20; ++t) {
      for (std::size_t h = 0; h < 2; ++h) {
        const std::int64_t page = places[t] / 32, slot = places[t] % 32;
        const auto head = static_cast<std::int64_t>(h);
        b.store(page, slot, head, std::span(keys).subspan(t * 128 + h * 64, 64),
                std::span(values).subspan(t * 64 + h * 32, 32));
        for (std::int64_t c = 0; c < 64; ++c)
          ASSERT_EQ(a.key(page, slot, head, c), b.key(page, slot, head, c));
        for (std::int64_t c = 0; c < 32; ++c)
          ASSERT_EQ(a.value(page, slot, head, c), b.value(page, slot, head, c));
      }
    }
    places[3] = 64;
    EXPECT_THROW(kv_append(a, places, keys, 128, values, 64, {Tier::scalar, team}),
                 std::invalid_argument);
    places[3] = 9;
    keys[700] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(kv_append(a, places, keys, 128, values, 64, {Tier::scalar, team}),
                 std::invalid_argument);
  }
}

/// Results past the caches, and the same where they do not lie on cache lines and cannot be; rows
/// longer and shorter than what is asked for ahead.
TEST(Convert, LargeResultsAreThoseOfSmallOnes) {
  constexpr std::size_t kElements = std::size_t{9} << 20;
  const auto values = sample_values(4099, 5);
  Buffer<float> wide(kElements), wide_out(kElements + 2);
  Buffer<std::uint16_t> narrow_in(kElements), lined(kElements), unlined(kElements + 2);
  for (std::size_t i = 0; i < kElements; ++i) {
    wide[i] = values[i % 4099];
    narrow_in[i] = float_to_bf16(values[i % 4093]);
  }
  Team team(1);
  for (const Tier t : convert_tiers()) {
    if (!can_run(t) || t < Tier::avx2) continue;
    const Exec exec{t, team};
    for (const std::int64_t columns : {96, 2304}) {
      const std::int64_t rows = static_cast<std::int64_t>(kElements) / columns;
      const auto done = static_cast<std::size_t>(rows * columns);
      const RowPlaces straight{1, columns, 0};
      const auto other = unlined.span().subspan(2);
      narrow(wide.span(), straight, rows, columns, lined.span(), straight, exec);
      narrow(wide.span(), straight, rows, columns, other, straight, exec);
      EXPECT_EQ(lined[done - 1], float_to_bf16(wide[done - 1]));
      EXPECT_EQ(std::memcmp(lined.data(), other.data(), 2 * done), 0) << name_of(t);
      add_rows(wide.span(), straight, rows, columns, lined.span(), straight, exec);
      add_rows(wide.span(), straight, rows, columns, other, straight, exec);
      EXPECT_EQ(std::memcmp(lined.data(), other.data(), 2 * done), 0) << name_of(t);
      for (const std::size_t first : {0U, 2U}) {
        const auto out = wide_out.span().subspan(first, kElements);
        widen(narrow_in.span(), straight, rows, columns, out, straight, exec);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < done; ++i) wrong += out[i] != bf16_to_float(narrow_in[i]);
        EXPECT_EQ(wrong, 0U) << name_of(t);
      }
    }
  }
}

}  // namespace
}  // namespace perfmodel::kernels
