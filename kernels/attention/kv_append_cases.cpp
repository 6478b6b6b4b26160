// What storing new tokens says about itself, for tests, benchmarks and lists.
#include <cmath>
#include <memory>

#include "kernels/attention/attention.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

/// m tokens to every third slot of the pages.
class AppendCase final : public Case {
 public:
  AppendCase(const KvLayout& layout, std::int64_t tokens)
      : cache_(layout, 1 + 3 * tokens / layout.page_tokens),
        key_stride_(layout.kv_heads * layout.key_columns + 32),
        value_stride_(layout.kv_heads * layout.value_columns),
        keys_(sample_values(static_cast<std::size_t>(tokens * key_stride_), 1)),
        values_(sample_values(static_cast<std::size_t>(tokens * value_stride_), 2)) {
    for (std::int64_t t = 0; t < tokens; ++t) places_.push_back(3 * t);
  }

  void run(const Exec& exec) override {
    kv_append(cache_, places_, keys_, key_stride_, values_, value_stride_, exec);
  }

  /// E4M3 rounds to half a step of 2^-3, at least that of its subnormals under the scale; BF16 to
  /// half a step of 2^-7. In units of those.
  double error() override {
    const KvLayout& l = cache_.layout();
    const std::int64_t tokens = static_cast<std::int64_t>(places_.size());
    double largest = 0.0;
    for (std::int64_t t = 0; t < tokens; ++t) {
      const std::int64_t page = places_[static_cast<std::size_t>(t)] / l.page_tokens;
      const std::int64_t slot = places_[static_cast<std::size_t>(t)] % l.page_tokens;
      for (std::int64_t h = 0; h < l.kv_heads; ++h) {
        const float* key = keys_.data() + t * key_stride_ + h * l.key_columns;
        const float* value = values_.data() + t * value_stride_ + h * l.value_columns;
        const auto row_error = [&](const float* from, std::int64_t columns, const auto& stored) {
          double amax = 0.0;
          for (std::int64_t c = 0; c < columns; ++c)
            amax = std::fmax(amax, static_cast<double>(std::fabs(from[c])));
          for (std::int64_t c = 0; c < columns; ++c) {
            const double expected = from[c], size = std::fabs(expected);
            const double step = l.format == Format::bf16
                                    ? size * 0x1p-8
                                    : std::fmax(size * 0x1p-4, amax / 448.0 * 0x1p-10);
            const double difference = std::fabs(stored(c) - expected);
            if (!(difference <= step * largest)) largest = difference / step;
          }
        };
        row_error(key, l.key_columns, [&](std::int64_t c) { return cache_.key(page, slot, h, c); });
        if (!l.values_in_keys)
          row_error(value, l.value_columns,
                    [&](std::int64_t c) { return cache_.value(page, slot, h, c); });
      }
    }
    // The unit of a Descriptor's error is the value: half a step of the format.
    return largest * (l.format == Format::bf16 ? 0x1p-8 : 0x1p-4);
  }

 private:
  KvCache cache_;
  std::int64_t key_stride_, value_stride_;
  std::vector<float> keys_, values_;
  std::vector<std::int64_t> places_;
};

Descriptor describe(const std::string& kind, const KvLayout& layout) {
  Descriptor d;
  d.family = "kv_append";
  d.name = d.family + "/" + kind + "/" + std::string(name_of(layout.format));
  d.summary = "keys and values of new tokens into the pages of a KV cache";
  d.shape_meaning = "m: tokens, k: KV heads";
  d.activations = "fp32";
  d.weights = name_of(layout.format);
  d.scales = layout.format == Format::e4m3 ? "token" : "none";
  d.tiers = kv_append_tiers();
  d.max_error = layout.format == Format::bf16 ? 0x1.01p-8 : 0x1.01p-4;
  d.error_reason = "of the value, or of half the smallest step under the scale: it is rounded once";
  d.cost = [=](const Shape& s) {
    KvLayout l = layout;
    l.kv_heads = s.k;
    const std::int64_t columns = l.key_columns + (l.values_in_keys ? 0 : l.value_columns);
    const Bytes bytes = Bytes::from_base(
        static_cast<double>(s.m) * static_cast<double>(l.bytes_per_token() + 4 * s.k * columns));
    return Cost{Ops(), bytes, bytes, bytes};
  };
  d.make = [=](const Shape& s, Purpose) {
    KvLayout l = layout;
    l.kv_heads = s.k;
    return std::make_unique<AppendCase>(l, s.m);
  };
  d.test_shapes = {{1, 1, 1, 1}, {40, 1, 3, 1}};
  d.benchmark_shapes = {{2048, 1, layout.values_in_keys ? 1 : 8, 1}};
  return d;
}

}  // namespace

void add_kv_append(Descriptors& all) {
  for (const Format f : {Format::bf16, Format::e4m3}) {
    all.push_back(describe("gqa", {f, 1, 128, 128, 64, false}));
    all.push_back(describe("mla", {f, 1, 576, 512, 64, true}));
  }
}

}  // namespace perfmodel::kernels
