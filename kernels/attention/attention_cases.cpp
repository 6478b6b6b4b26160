// What attention says about itself, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "kernels/attention/attention.hpp"
#include "kernels/attention/attention_case.hpp"
#include "kernels/attention/prefill_task.hpp"
#include "kernels/registry/registry.hpp"

namespace perfmodel::kernels {

namespace {

/// Sequences of decode differ in length: sequence i has 7 i tokens less than the first.
std::int64_t tokens_of(const Shape& s, std::int64_t i) {
  return std::max<std::int64_t>(s.n - i * 7, 0);
}

KvLayout with_heads(KvLayout layout, std::int64_t kv_heads) {
  layout.kv_heads = kv_heads;
  return layout;
}

Descriptor describe(const std::string& family, const std::string& kind, const KvLayout& layout) {
  Descriptor d;
  d.family = family;
  d.name = d.family + "/" + kind + "/" + std::string(name_of(layout.format));
  d.weights = name_of(layout.format);
  d.activations = "fp32";
  d.scales = layout.format == Format::e4m3 ? "token" : "none";
  // Scores up to about 10 with relative errors of some 1e-7 change the weights by up to 2e-6; the
  // exponential adds 3e-7 and the sums less.
  d.max_error = 1e-5;
  d.error_reason = "of the sum of |weight value|: FP32 scores enter an exponential";
  return d;
}

Descriptor describe_decode(const std::string& kind, const KvLayout& layout, Format queries) {
  Descriptor d = describe("attention_decode", kind, layout);
  d.summary = "one new token per sequence over a paged KV cache, FP32 queries and results";
  d.tiers = attention_decode_tiers(layout.format);
  if (queries == Format::bf16) {
    d.name += "/bf16";
    d.activations = "bf16";
    d.summary = "one new token per sequence over a paged KV cache, BF16 queries, FP32 results";
    d.tiers = attention_decode_bf16_tiers(layout.format);
    // Half of the last of eight bits, beside which what FP32 rounds is nothing.
    d.coarser_tiers = {{Tier::avx512bf16, 0x1p-8 + 1e-5}, {Tier::amx, 0x1p-8 + 1e-5}};
    d.error_reason += "; avx512bf16 and amx: the weights of the softmax are rounded to BF16";
  }
  d.shape_meaning = "m: sequences, n: tokens of each, k: KV heads, g: query heads per KV head";
  const double query_bytes = queries == Format::bf16 ? 2.0 : 4.0;
  d.cost = [=](const Shape& s) {
    const KvLayout l = with_heads(layout, s.k);
    double tokens = 0.0;
    for (std::int64_t i = 0; i < s.m; ++i) tokens += static_cast<double>(tokens_of(s, i));
    const auto columns = static_cast<double>(l.key_columns + l.value_columns);
    const auto heads = static_cast<double>(s.k * s.groups);
    Cost c;
    c.flops = Ops::from_base(2.0 * tokens * heads * columns);
    c.memory = Bytes::from_base(
        tokens * static_cast<double>(l.bytes_per_token()) +
        query_bytes * static_cast<double>(s.m) * heads * static_cast<double>(l.key_columns) +
        4.0 * static_cast<double>(s.m) * heads * static_cast<double>(l.value_columns));
    // Chunks of 32 tokens stay in L1 between keys and values; each pass serves eight heads.
    const double passes = std::ceil(static_cast<double>(s.groups) / 8.0);
    c.l2 = c.memory * passes;
    c.l1 = Bytes::from_base(c.l2.base() + query_bytes * tokens * heads * columns);
    return c;
  };
  d.make = [=](const Shape& s, Purpose) { return make_decode_case(layout, queries, s); };
  for (const std::int64_t n : {1, 31, 32, 33, 64, 65, 200}) d.test_shapes.push_back({2, n, 2, 4});
  for (const std::int64_t g : {1, 3, 8, 9, 13}) d.test_shapes.push_back({1, 50, 1, g});
  return d;
}

Descriptor describe_prefill(const std::string& kind, const KvLayout& layout) {
  Descriptor d = describe("attention_prefill", kind, layout);
  d.summary = "many new tokens of a sequence over a paged KV cache, causal, FP32 queries";
  d.shape_meaning =
      "m: new tokens, n: tokens in all, the new ones last, k: KV heads, g: query heads per KV head";
  d.tiers = attention_prefill_tiers(layout.format);
  d.cost = [=](const Shape& s) {
    const KvLayout l = with_heads(layout, s.k);
    const auto columns = static_cast<double>(l.key_columns + l.value_columns);
    const auto heads = static_cast<double>(s.k * s.groups), fresh = static_cast<double>(s.m);
    const auto tokens = static_cast<double>(s.n);
    // Query i of the new ones sees n - m + i + 1 tokens.
    const double pairs = fresh * (tokens - fresh) + fresh * (fresh + 1.0) / 2.0;
    Cost c;
    c.flops = Ops::from_base(2.0 * pairs * heads * columns);
    const double cache = tokens * static_cast<double>(l.bytes_per_token());
    const double ends = 4.0 * fresh * heads * columns;
    c.memory = Bytes::from_base(cache + ends);
    // Each 192 rows of queries (or 96 wide ones) go over the cache once and keep their sums in L2;
    // in L1 a tile of 12 x 32 reads 12 + 32 values for each of its products.
    const double pairs_of_rows =
        pairs * heads / (l.key_columns > attention_detail::kPrefillWideColumns ? 96.0 : 192.0);
    const double decoded = pairs_of_rows * columns * 4.0;
    c.l2 = Bytes::from_base(c.memory.base() +
                            pairs_of_rows * static_cast<double>(l.key_columns) *
                                static_cast<double>(bits_of(l.format)) / 8.0 +
                            2.0 * decoded);
    c.l1 = Bytes::from_base(c.l2.base() + 4.0 * pairs * heads * columns * (12 + 32) / (12.0 * 32));
    return c;
  };
  d.make = [=](const Shape& s, Purpose) {
    return std::make_unique<AttentionCase>(with_heads(layout, s.k), s.groups,
                                           std::vector<std::int64_t>{s.n},
                                           std::vector<std::int64_t>{s.m}, true, Format::fp32);
  };
  if (layout.key_columns > attention_detail::kPrefillWideColumns) {
    // Few, as the scalar tier takes its time over so many columns.
    for (const std::int64_t n : {1, 12, 13, 33}) d.test_shapes.push_back({n, n, 1, 2});
    d.test_shapes.push_back({9, 100, 1, 11});
  } else {
    for (const std::int64_t n : {1, 11, 12, 13, 33, 97}) d.test_shapes.push_back({n, n, 2, 2});
    for (const std::int64_t g : {1, 3, 8, 70}) d.test_shapes.push_back({3, 101, 1, g});
    d.test_shapes.push_back({70, 200, 1, 2});
  }
  d.test_shapes.push_back({1, 193, 1, 4});
  return d;
}

}  // namespace

KvLayout described_layout(const std::string& kind, Format cache) {
  return kind == "mla" ? KvLayout{cache, 1, 576, 512, 64, true}
                       : KvLayout{cache, 1, 128, 128, 64, false};
}

std::unique_ptr<AttentionCase> make_decode_case(const KvLayout& layout, Format queries,
                                                const Shape& shape,
                                                const attention_detail::PairTier* functions) {
  std::vector<std::int64_t> tokens;
  for (std::int64_t i = 0; i < shape.m; ++i) tokens.push_back(tokens_of(shape, i));
  return std::make_unique<AttentionCase>(with_heads(layout, shape.k), shape.groups, tokens,
                                         std::vector<std::int64_t>(tokens.size(), 1), false,
                                         queries, functions);
}

Shape attention_decode_shape(std::span<const std::int64_t> tokens, std::int64_t kv_heads,
                             std::int64_t group) {
  const auto sequences = static_cast<std::int64_t>(tokens.size());
  const std::int64_t all = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
  const auto dealt_out = [&](const Shape& s) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < sequences; ++i) sum += tokens_of(s, i);
    return sum;
  };
  Shape s{sequences, sequences == 0 ? 0 : all / sequences, kv_heads, group};
  while (dealt_out(s) < all) ++s.n;
  return s;
}

void add_attention(Descriptors& all) {
  for (const Format f : {Format::bf16, Format::e4m3}) {
    const KvLayout gqa = described_layout("gqa", f), mla = described_layout("mla", f);
    for (const Format queries : {Format::fp32, Format::bf16}) {
      Descriptor decode = describe_decode("gqa", gqa, queries);
      decode.benchmark_shapes = {{8, 8192, 8, 8}};
      all.push_back(std::move(decode));
      decode = describe_decode("mla", mla, queries);
      decode.benchmark_shapes = {{16, 8192, 1, 16}, {16, 8192, 1, 128}};
      all.push_back(std::move(decode));
    }
    Descriptor prefill = describe_prefill("gqa", gqa);
    prefill.benchmark_shapes = {{512, 512, 8, 4}, {512, 4096, 8, 4}, {2048, 2048, 8, 4}};
    all.push_back(std::move(prefill));
    prefill = describe_prefill("mla", mla);
    prefill.benchmark_shapes = {{512, 512, 1, 16}, {512, 2048, 1, 16}};
    all.push_back(std::move(prefill));
  }
}

}  // namespace perfmodel::kernels
