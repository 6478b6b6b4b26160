// What routing and moving rows say about themselves, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "kernels/moe/moe.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

class ShuffleCase final : public Case {
 public:
  ShuffleCase(bool gather, const Shape& s)
      : gather_(gather),
        row_(s.n),
        in_(static_cast<std::size_t>(s.m * s.n)),
        out_(in_.size()),
        index_(static_cast<std::size_t>(s.m)) {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = static_cast<float>(i % 16777213);
    std::iota(index_.begin(), index_.end(), 0);
    Random random(7);
    for (std::size_t i = index_.size(); i > 1; --i)
      std::swap(index_[i - 1], index_[random.bits() % i]);
  }

  void run(const Exec& exec) override {
    if (gather_) return gather_rows(in_.span(), row_, index_, out_.span(), exec);
    scatter_rows(in_.span(), row_, index_, out_.span(), exec);
  }

  double error() override {
    double wrong = 0.0;
    const auto row = static_cast<std::size_t>(row_);
    for (std::size_t i = 0; i < index_.size(); ++i) {
      const auto other = static_cast<std::size_t>(index_[i]);
      const std::size_t from = (gather_ ? other : i) * row, to = (gather_ ? i : other) * row;
      for (std::size_t c = 0; c < row; ++c) wrong += in_[from + c] == out_[to + c] ? 0.0 : 1.0;
    }
    return wrong;
  }

 private:
  bool gather_;
  std::int64_t row_;
  Buffer<float> in_, out_;
  std::vector<std::int32_t> index_;
};

class RouteCase final : public Case {
 public:
  explicit RouteCase(const Shape& s)
      : shape_(s),
        logits_(sample_values(static_cast<std::size_t>(s.m * s.n), 3)),
        ids_(static_cast<std::size_t>(s.m * s.k)),
        weights_(ids_.size()) {
    // Equal logits, so that the order among equals is tested too.
    for (std::size_t i = 3; i < logits_.size(); i += 4) logits_[i] = logits_[i - 1];
  }

  void run(const Exec& exec) override { route(logits_, shape_.n, shape_.k, ids_, weights_, exec); }

  double error() override {
    double largest = 0.0;
    std::vector<std::int32_t> order(static_cast<std::size_t>(shape_.n));
    for (std::int64_t t = 0; t < shape_.m; ++t) {
      const float* row = logits_.data() + t * shape_.n;
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::int32_t a, std::int32_t b) { return row[a] > row[b]; });
      double sum = 0.0;
      const auto weight = [&](std::int64_t i) {
        const auto id = order[static_cast<std::size_t>(i)];
        return std::exp(static_cast<double>(row[id]) - static_cast<double>(row[order[0]]));
      };
      for (std::int64_t i = 0; i < shape_.k; ++i) sum += weight(i);
      for (std::int64_t i = 0; i < shape_.k; ++i) {
        const auto at = static_cast<std::size_t>(t * shape_.k + i);
        if (ids_[at] != order[static_cast<std::size_t>(i)]) return 1.0;
        const double expected = weight(i) / sum;
        largest = std::max(largest, std::fabs(static_cast<double>(weights_[at]) / expected - 1.0));
      }
    }
    return largest;
  }

 private:
  Shape shape_;
  std::vector<float> logits_;
  std::vector<std::int32_t> ids_;
  std::vector<float> weights_;
};

}  // namespace

void add_moe(Descriptors& all) {
  for (const bool gather : {true, false}) {
    Descriptor d;
    d.family = gather ? "gather" : "scatter";
    d.name = d.family + "/rows";
    d.summary = gather ? "rows from anywhere to a sequence, by stores past the caches"
                       : "rows of a sequence to anywhere, by stores past the caches";
    d.shape_meaning = "m: rows, n: 32-bit words of a row";
    d.tiers = shuffle_tiers();
    d.error_reason = "number of wrong words";
    d.cost = [](const Shape& s) {
      const Bytes bytes =
          Bytes::from_base(static_cast<double>(s.m) * (8.0 * static_cast<double>(s.n) + 4.0));
      return Cost{Ops(), bytes, bytes, bytes};
    };
    d.make = [=](const Shape& s, Purpose) { return std::make_unique<ShuffleCase>(gather, s); };
    d.test_shapes = {{1, 32, 1, 1}, {50, 96, 1, 1}, {17, 256, 1, 1}};
    // Rows of 7168 BF16 values, and short ones.
    d.benchmark_shapes = {{16384, 3584, 1, 1}, {131072, 256, 1, 1}};
    all.push_back(std::move(d));
  }
  Descriptor d;
  d.family = "route";
  d.name = "route/fp32";
  d.summary = "the experts of each token and their weights";
  d.shape_meaning = "m: tokens, n: experts, k: experts of a token";
  d.activations = "fp32";
  d.tiers = {Tier::scalar};
  // The difference of two logits up to about 10 is rounded to 6e-7, which the exponential hands on
  // as it is; its own error is 3e-7, and the roundings of a sum of 256 terms come to some 1e-6.
  d.max_error = 4e-6;
  d.error_reason =
      "of the weight: FP32 logits enter an exponential, whose sum over all experts divides it; 1 "
      "where an expert is wrong";
  d.cost = [](const Shape& s) {
    const double n = static_cast<double>(s.m * s.n), chosen = static_cast<double>(s.m * s.k);
    const Bytes bytes = Bytes::from_base(4.0 * n + 8.0 * chosen);
    return Cost{Ops::from_base(n + 3.0 * chosen), bytes, bytes, bytes};
  };
  d.make = [](const Shape& s, Purpose) { return std::make_unique<RouteCase>(s); };
  d.test_shapes = {{1, 1, 1, 1}, {5, 8, 2, 1}, {33, 60, 4, 1}, {600, 256, 8, 1}, {3, 6, 6, 1}};
  d.benchmark_shapes = {{4096, 256, 8, 1}};
  all.push_back(std::move(d));
}

}  // namespace perfmodel::kernels
