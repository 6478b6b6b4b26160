// What attention does beside the stated error: its forms agree, and refuse what does not fit.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "amx_emulated.hpp"
#include "kernels/attention/attention.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {
namespace {

/// Three sequences of different length over pages in no order.
class Attention : public testing::TestWithParam<KvLayout> {
 protected:
  static constexpr std::int64_t kHeads = 6;
  const std::vector<std::int64_t> tokens_{130, 1, 77};
  const std::vector<std::int32_t> pages_{4, 0, 6, 2, 7, 1, 3};
  const std::vector<std::int64_t> first_{0, 3, 4};
  KvCache cache_{GetParam(), 8};
  const float scale_ = 1.0F / std::sqrt(static_cast<float>(GetParam().key_columns));

  void SetUp() override {
    const KvLayout& l = GetParam();
    std::uint64_t seed = 1;
    for (const std::int32_t page : pages_) {
      for (std::int64_t slot = 0; slot < l.page_tokens; ++slot) {
        for (std::int64_t h = 0; h < l.kv_heads; ++h) {
          const auto row =
              sample_values(static_cast<std::size_t>(l.key_columns + l.value_columns), ++seed);
          const std::span all(row);
          cache_.store(page, slot, h, all.first(static_cast<std::size_t>(l.key_columns)),
                       all.last(static_cast<std::size_t>(l.value_columns)));
        }
      }
    }
  }

  std::size_t query_floats() const {
    return static_cast<std::size_t>(kHeads * GetParam().key_columns);
  }
  std::size_t result_floats() const {
    return static_cast<std::size_t>(kHeads * GetParam().value_columns);
  }

  std::vector<float> prefill(const std::vector<std::int64_t>& tokens,
                             const std::vector<std::int64_t>& fresh, std::span<const float> q,
                             const Exec& exec) const {
    std::vector<float> out(q.size() / query_floats() * result_floats());
    attention_prefill(cache_, q, kHeads, pages_, first_, tokens, fresh, scale_, out, exec);
    return out;
  }

  /// A tier, or functions that stand for one.
  struct Way {
    std::string name;
    Tier tier;
    attention_detail::PairTier functions;
  };
  static std::vector<Way> bf16_ways() {
    const KvLayout& l = GetParam();
    std::vector<Way> r;
    for (const Tier t : attention_decode_bf16_tiers(l.format)) {
      if (can_run(t)) r.push_back({std::string(name_of(t)), t, {}});
    }
    if (attention_detail::pairs_fit(l.format, l.key_columns, l.value_columns))
      r.push_back({"tiles in software", Tier::scalar, find_attention_emulated(l.format)});
    return r;
  }

  std::vector<Tier> tiers() const {
    std::vector<Tier> r;
    for (const Tier t : attention_prefill_tiers(GetParam().format)) {
      if (can_run(t)) r.push_back(t);
    }
    return r;
  }
};

INSTANTIATE_TEST_SUITE_P(Caches, Attention,
                         testing::Values(KvLayout{Format::bf16, 2, 64, 96, 64, false},
                                         KvLayout{Format::e4m3, 2, 64, 96, 64, false},
                                         KvLayout{Format::bf16, 1, 160, 128, 64, true},
                                         KvLayout{Format::e4m3, 1, 160, 128, 64, true},
                                         KvLayout{Format::e4m3, 1, 192, 128, 64, true}));

TEST_P(Attention, PrefillOfTheLastTokenIsDecode) {
  Team team(2);
  const auto q = sample_values(3 * query_floats(), 9);
  for (const Tier t : tiers()) {
    const auto a = prefill(tokens_, {1, 1, 1}, q, {t, team});
    std::vector<float> b(a.size());
    attention_decode(cache_, q, kHeads, pages_, first_, tokens_, scale_, b, {t, team});
    // Each is within 1e-5 of the sum of |weight value|, and no value is beyond 20 * 3.5.
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a[i], b[i], 2e-5 * 70) << name_of(t) << ' ' << i;
  }
}

TEST_P(Attention, DecodeOfBf16QueriesIsThatOfTheirValues) {
  Team one(1), three(3);
  const auto sample = sample_values(3 * query_floats(), 9);
  std::vector<std::uint16_t> q;
  std::vector<float> wide;
  for (const float x : sample) {
    q.push_back(float_to_bf16(x));
    wide.push_back(bf16_to_float(q.back()));
  }
  const auto decode = [&](std::span<const std::int64_t> tokens, const Way& way, Team& team) {
    std::vector<float> out(3 * result_floats(), 7.0F);
    if (way.functions.task != nullptr) {
      attention_decode(cache_, q, kHeads, pages_, first_, tokens, scale_, out, way.functions, team);
    } else {
      attention_decode(cache_, q, kHeads, pages_, first_, tokens, scale_, out, {way.tier, team});
    }
    return out;
  };
  // The last is where a page ends; the others leave pairs, and pairs of pairs, of tokens
  // incomplete.
  const std::vector<std::int64_t> lengths{127, 62, 64};
  std::vector<float> exact(3 * result_floats());
  attention_decode(cache_, wide, kHeads, pages_, first_, lengths, scale_, exact,
                   {Tier::scalar, one});
  // What is left in a page behind the last token must not count, be it infinite.
  const std::vector<float> key(static_cast<std::size_t>(GetParam().key_columns), INFINITY);
  const std::vector<float> value(static_cast<std::size_t>(GetParam().value_columns), INFINITY);
  for (std::int64_t h = 0; h < GetParam().kv_heads; ++h) cache_.store(pages_[1], 63, h, key, value);
  for (const Way& way : bf16_ways()) {
    const auto out = decode(lengths, way, one);
    // As above, with 2^-8 for weights in BF16.
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_NEAR(out[i], exact[i], (0x1p-8 + 2e-5) * 70) << way.name << ' ' << i;
    EXPECT_EQ(out, decode(lengths, way, three)) << way.name << ": other pieces, same bits";
    const auto none = decode(std::vector<std::int64_t>{127, 0, 64}, way, one);
    for (std::size_t i = 0; i < result_floats(); ++i)
      ASSERT_EQ(none[result_floats() + i], 0.0F) << way.name << ": no tokens";
  }
}

TEST_P(Attention, ChunksGiveTheBitsOfTheWhole) {
  Team one(1), three(3);
  const auto q = sample_values((130 + 1 + 77) * query_floats(), 9);
  for (const Tier t : tiers()) {
    if (t == Tier::scalar) continue;  // takes each query by itself
    const auto whole = prefill(tokens_, tokens_, q, {t, one});
    EXPECT_EQ(whole, prefill(tokens_, tokens_, q, {t, three})) << name_of(t);
    // The first sequence alone, in chunks around the sizes of blocks.
    std::int64_t done = 0;
    for (const std::int64_t chunk : {1, 47, 50, 32}) {
      const auto queries = std::span(q).subspan(static_cast<std::size_t>(done) * query_floats(),
                                                static_cast<std::size_t>(chunk) * query_floats());
      const auto part = prefill({done + chunk, 0, 0}, {chunk, 0, 0}, queries, {t, three});
      for (std::size_t i = 0; i < part.size(); ++i)
        ASSERT_EQ(part[i], whole[static_cast<std::size_t>(done) * result_floats() + i])
            << name_of(t) << ", from token " << done;
      done += chunk;
    }
    ASSERT_EQ(done, 130);
  }
}

/// A later token must not reach an earlier one, not even with a weight of nothing: huge values
/// beyond the chunk leave its result as it is.
TEST_P(Attention, LaterTokensDoNotMatter) {
  Team team(1);
  const auto q = sample_values(40 * query_floats(), 9);
  const auto all_tiers = [&] {
    std::vector<std::vector<float>> results;
    for (const Tier t : tiers()) results.push_back(prefill({40, 0, 0}, {40, 0, 0}, q, {t, team}));
    return results;
  };
  const auto before = all_tiers();
  const std::vector<float> key(static_cast<std::size_t>(GetParam().key_columns), 3e37F);
  const std::vector<float> value(static_cast<std::size_t>(GetParam().value_columns), 3e37F);
  for (std::int64_t h = 0; h < GetParam().kv_heads; ++h) cache_.store(pages_[0], 39, h, key, value);
  const auto after = all_tiers();
  for (std::size_t t = 0; t < before.size(); ++t) {
    for (std::size_t i = 0; i < 39 * result_floats(); ++i)
      ASSERT_EQ(before[t][i], after[t][i]) << name_of(tiers()[t]);
    EXPECT_NE(before[t].back(), after[t].back()) << "the last token does see the change";
  }
}

TEST_P(Attention, RefusesWhatDoesNotFit) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  const auto q = sample_values(2 * query_floats(), 9);
  const std::span one = std::span(q).first(query_floats());
  EXPECT_THROW(prefill({10, 0, 0}, {1, 0, 0}, q, exec), std::invalid_argument);
  EXPECT_THROW(prefill({0, 0, 0}, {1, 0, 0}, one, exec), std::invalid_argument);
  EXPECT_THROW(prefill({10, 0, 400}, {1, 0, 0}, one, exec), std::invalid_argument);
  EXPECT_THROW(prefill({10, 0, 0}, {1, 0}, one, exec), std::invalid_argument);
  EXPECT_THROW(prefill({10, 0, 0}, {2, -1, 0}, one, exec), std::invalid_argument);
  EXPECT_THROW(prefill({10, 0, 0}, {1, 0, 0}, one, {Tier::amx, team}), std::invalid_argument);
}

/// All tiers store the same codes, and none a NaN.
TEST(KvAppend, TiersAgreeToTheBitAndRefuseNan) {
  const KvLayout layout{Format::e4m3, 1, 96, 32, 32, false};
  Team team(1);
  auto keys = sample_values(3 * 96, 5);
  const auto values = sample_values(3 * 32, 6);
  // One row with every size down to nothing under its scale, of both signs, one with an infinity.
  for (std::size_t c = 0; c < 96; ++c)
    keys[c] = std::ldexp(c % 2 == 0 ? 1.7F : -1.3F, -static_cast<int>(c) / 4);
  keys[90] = -0.0F;
  keys[96 + 7] = -std::numeric_limits<float>::infinity();
  const std::int64_t places[] = {0, 1, 2};
  const auto appended = [&](Tier t) {
    KvCache cache(layout, 1);
    kv_append(cache, places, keys, 96, values, 32, {t, team});
    std::vector<double> stored;
    for (const std::int64_t slot : places) {
      for (std::int64_t c = 0; c < 96; ++c) stored.push_back(cache.key(0, slot, 0, c));
      for (std::int64_t c = 0; c < 32; ++c) stored.push_back(cache.value(0, slot, 0, c));
    }
    return stored;
  };
  const auto expected = appended(Tier::scalar);
  for (const Tier t : kv_append_tiers()) {
    if (!can_run(t)) continue;
    const auto stored = appended(t);
    for (std::size_t i = 0; i < stored.size(); ++i) {
      EXPECT_EQ(stored[i], expected[i]) << name_of(t) << ' ' << i;
      EXPECT_EQ(std::signbit(stored[i]), std::signbit(expected[i])) << name_of(t) << ' ' << i;
    }
    auto with_nan = values;
    with_nan[40] = std::nanf("");
    KvCache cache(layout, 1);
    EXPECT_THROW(kv_append(cache, places, keys, 96, with_nan, 32, {t, team}),
                 std::invalid_argument);
  }
  KvCache cache(layout, 1);
  EXPECT_THROW(kv_append(cache, places, keys, 96, values, 32, {Tier::amx, team}),
               std::invalid_argument);
}

}  // namespace
}  // namespace perfmodel::kernels
