// What decode attention says about itself, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/attention/attention.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

/// Sequences differ in length: sequence i has 7 i tokens less than the first.
std::int64_t tokens_of(const Shape& s, std::int64_t i) {
  return std::max<std::int64_t>(s.n - i * 7, 0);
}

/// m sequences of about n tokens, k KV heads with g query heads each. Pages are dealt out in an
/// order that mixes the sequences, as a server's are after a while.
class DecodeCase final : public Case {
 public:
  DecodeCase(const KvLayout& layout, const Shape& s)
      : shape_(s), layout_(layout), cache_(with_heads(layout, s), s.m * pages_of(layout, s)) {
    layout_.kv_heads = s.k;
    const std::int64_t per_sequence = pages_of(layout, s), all = s.m * per_sequence;
    for (std::int64_t i = 0; i < s.m; ++i) {
      first_.push_back(i * per_sequence);
      tokens_.push_back(tokens_of(s, i));
    }
    for (std::int64_t i = 0; i < all; ++i)
      pages_.push_back(static_cast<std::int32_t>(i % per_sequence * s.m + i / per_sequence));
    const auto key_columns = static_cast<std::size_t>(layout.key_columns);
    const auto rows = sample_values(64 * key_columns, 3);
    std::uint64_t pick = 0;
    for (std::int64_t page = 0; page < all; ++page) {
      for (std::int64_t slot = 0; slot < layout.page_tokens; ++slot) {
        for (std::int64_t h = 0; h < s.k; ++h, pick += 37) {
          const auto row = [&](std::uint64_t r, std::int64_t n) {
            return std::span(rows).subspan(r % 64 * key_columns, static_cast<std::size_t>(n));
          };
          cache_.store(page, slot, h, row(pick, layout.key_columns),
                       row(pick / 64 + pick + 11, layout.value_columns));
        }
      }
    }
    q_ = sample_values(static_cast<std::size_t>(s.m * s.k * s.groups * layout.key_columns), 5);
    out_.resize(static_cast<std::size_t>(s.m * s.k * s.groups * layout.value_columns));
  }

  void run(const Exec& exec) override {
    attention_decode(cache_, q_, shape_.k * shape_.groups, pages_, first_, tokens_, scale(), out_,
                     exec);
  }

  double error() override {
    if (expected_.empty()) compute_reference();
    return largest_error(out_, expected_, magnitude_);
  }

 private:
  static std::int64_t pages_of(const KvLayout& l, const Shape& s) {
    return (s.n + l.page_tokens - 1) / l.page_tokens;
  }
  static KvLayout with_heads(KvLayout l, const Shape& s) {
    l.kv_heads = s.k;
    return l;
  }
  float scale() const { return 1.0F / std::sqrt(static_cast<float>(layout_.key_columns)); }

  void compute_reference() {
    const std::int64_t heads = shape_.k * shape_.groups;
    for (std::int64_t s = 0; s < shape_.m; ++s) {
      for (std::int64_t h = 0; h < heads; ++h) reference_of(s, h);
    }
  }

  void reference_of(std::int64_t s, std::int64_t h) {
    const std::int64_t tokens = tokens_[static_cast<std::size_t>(s)], kv_head = h / shape_.groups;
    const float* q = q_.data() + (s * shape_.k * shape_.groups + h) * layout_.key_columns;
    const auto page = [&](std::int64_t t) {
      return pages_[static_cast<std::size_t>(first_[static_cast<std::size_t>(s)] +
                                             t / layout_.page_tokens)];
    };
    std::vector<double> weight(static_cast<std::size_t>(tokens));
    double largest = -1e300, total = 0.0;
    for (std::int64_t t = 0; t < tokens; ++t) {
      double sum = 0.0;
      for (std::int64_t c = 0; c < layout_.key_columns; ++c)
        sum += cache_.key(page(t), t % layout_.page_tokens, kv_head, c) * static_cast<double>(q[c]);
      weight[static_cast<std::size_t>(t)] = sum * static_cast<double>(scale());
      largest = std::fmax(largest, weight[static_cast<std::size_t>(t)]);
    }
    for (double& w : weight) total += w = std::exp(w - largest);
    for (std::int64_t c = 0; c < layout_.value_columns; ++c) {
      double sum = 0.0, magnitude = 0.0;
      for (std::int64_t t = 0; t < tokens; ++t) {
        const double term = weight[static_cast<std::size_t>(t)] / total *
                            cache_.value(page(t), t % layout_.page_tokens, kv_head, c);
        sum += term;
        magnitude += std::fabs(term);
      }
      expected_.push_back(sum);
      magnitude_.push_back(magnitude);
    }
  }

  Shape shape_;
  KvLayout layout_;
  KvCache cache_;
  std::vector<std::int32_t> pages_;
  std::vector<std::int64_t> first_, tokens_;
  std::vector<float> q_, out_;
  std::vector<double> expected_, magnitude_;
};

Descriptor describe(const std::string& kind, const KvLayout& layout) {
  Descriptor d;
  d.family = "attention_decode";
  d.name = d.family + "/" + kind + "/" + std::string(name_of(layout.format));
  d.summary = "one new token per sequence over a paged KV cache, FP32 queries and results";
  d.shape_meaning = "m: sequences, n: tokens of each, k: KV heads, g: query heads per KV head";
  d.weights = name_of(layout.format);
  d.activations = "fp32";
  d.scales = layout.format == Format::e4m3 ? "token" : "none";
  d.tiers = attention_decode_tiers(layout.format);
  // Scores up to about 10 with relative errors of some 1e-7 change the weights by up to 2e-6; the
  // exponential adds 3e-7 and the sums less.
  d.max_error = 1e-5;
  d.error_reason = "of the sum of |weight value|: FP32 scores enter an exponential";
  d.cost = [=](const Shape& s) {
    KvLayout l = layout;
    l.kv_heads = s.k;
    double tokens = 0.0;
    for (std::int64_t i = 0; i < s.m; ++i) tokens += static_cast<double>(tokens_of(s, i));
    const auto columns = static_cast<double>(l.key_columns + l.value_columns);
    const auto heads = static_cast<double>(s.k * s.groups);
    Cost c;
    c.flops = Ops::from_base(2.0 * tokens * heads * columns);
    c.memory = Bytes::from_base(tokens * static_cast<double>(l.bytes_per_token()) +
                                4.0 * static_cast<double>(s.m) * heads * columns);
    // Chunks of 32 tokens stay in L1 between keys and values; each pass serves eight heads.
    const double passes = std::ceil(static_cast<double>(s.groups) / 8.0);
    c.l2 = c.memory * passes;
    c.l1 = Bytes::from_base(c.l2.base() + 4.0 * tokens * heads * columns);
    return c;
  };
  d.make = [=](const Shape& s, Purpose) { return std::make_unique<DecodeCase>(layout, s); };
  for (const std::int64_t n : {1, 31, 32, 33, 64, 65, 200}) d.test_shapes.push_back({2, n, 2, 4});
  for (const std::int64_t g : {1, 3, 8, 9, 13}) d.test_shapes.push_back({1, 50, 1, g});
  return d;
}

}  // namespace

void add_attention(Descriptors& all) {
  for (const Format f : {Format::bf16, Format::e4m3}) {
    Descriptor gqa = describe("gqa", {f, 1, 128, 128, 64, false});
    gqa.benchmark_shapes = {{8, 8192, 8, 8}};
    all.push_back(std::move(gqa));
    Descriptor mla = describe("mla", {f, 1, 576, 512, 64, true});
    mla.benchmark_shapes = {{16, 8192, 1, 16}, {16, 8192, 1, 128}};
    all.push_back(std::move(mla));
  }
}

}  // namespace perfmodel::kernels
