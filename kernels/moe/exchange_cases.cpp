// What exchanging and combining rows say about themselves, for tests, benchmarks and lists.
#include <cmath>
#include <memory>

#include "kernels/moe/moe.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

/// About m rows in all; some pairs of partitions have nothing to exchange.
class ShuffleCase final : public Case {
 public:
  explicit ShuffleCase(const Shape& s) : row_(s.n), partitions_(s.k) {
    const std::int64_t pairs = s.k * s.k, mean = s.m / pairs;
    std::int64_t rows = 0;
    for (std::int64_t i = 0; i < pairs; ++i) {
      // Half as many, none at all, or what makes up for it.
      const std::int64_t n = i % 7 == 3 ? 0 : i % 7 == 5 ? mean / 2 : mean;
      counts_.push_back(i + 1 < pairs ? n : s.m - rows);
      rows += n;
    }
    in_ = Buffer<float>(static_cast<std::size_t>(s.m * s.n));
    out_ = Buffer<float>(in_.size());
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = static_cast<float>(i % 16777213);
  }

  void run(const Exec& exec) override {
    shuffle_rows(in_.span(), row_, partitions_, counts_, out_.span(), exec);
  }

  /// By definition: walks the senders in order, with a cursor for each receiver.
  double error() override {
    double wrong = 0.0;
    std::size_t from = 0;
    const auto row = static_cast<std::size_t>(row_);
    for (std::int64_t p = 0; p < partitions_; ++p) {
      for (std::int64_t q = 0; q < partitions_; ++q) {
        std::int64_t to = 0;
        for (std::int64_t other = 0; other < q; ++other) {
          for (std::int64_t sender = 0; sender < partitions_; ++sender) to += count(sender, other);
        }
        for (std::int64_t sender = 0; sender < p; ++sender) to += count(sender, q);
        for (std::size_t i = static_cast<std::size_t>(to) * row;
             i < static_cast<std::size_t>(to + count(p, q)) * row; ++i, ++from)
          wrong += out_[i] == in_[from] ? 0.0 : 1.0;
      }
    }
    return wrong;
  }

 private:
  std::int64_t count(std::int64_t from, std::int64_t to) const {
    return counts_[static_cast<std::size_t>(from * partitions_ + to)];
  }

  std::int64_t row_, partitions_;
  std::vector<std::int64_t> counts_;
  Buffer<float> in_, out_;
};

class CombineCase final : public Case {
 public:
  explicit CombineCase(const Shape& s)
      : shape_(s),
        in_(sample_values(static_cast<std::size_t>(s.m * s.k * s.n), 1)),
        weights_(sample_values(static_cast<std::size_t>(s.m * s.k), 2)),
        start_(sample_values(static_cast<std::size_t>(s.m * s.n), 3)) {
    const std::int64_t rows = s.m * s.k;
    for (std::int64_t i = 0; i < rows; ++i)
      index_.push_back(static_cast<std::int32_t>((i % s.k * s.m + i / s.k * 5) % rows));
  }

  void run(const Exec& exec) override {
    out_ = start_;
    combine_rows(in_, shape_.n, index_, weights_, out_, exec);
  }

  double error() override {
    std::vector<double> expected, magnitude;
    for (std::int64_t t = 0; t < shape_.m; ++t) {
      for (std::int64_t c = 0; c < shape_.n; ++c) {
        double sum = start_[static_cast<std::size_t>(t * shape_.n + c)];
        double size = std::fabs(sum);
        for (std::int64_t i = t * shape_.k; i < (t + 1) * shape_.k; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const double term =
              static_cast<double>(weights_[at]) *
              static_cast<double>(in_[static_cast<std::size_t>(index_[at] * shape_.n + c)]);
          sum += term;
          size += std::fabs(term);
        }
        expected.push_back(sum);
        magnitude.push_back(size);
      }
    }
    return largest_error(out_, expected, magnitude);
  }

 private:
  Shape shape_;
  std::vector<float> in_, weights_, start_, out_;
  std::vector<std::int32_t> index_;
};

}  // namespace

void add_exchange(Descriptors& all) {
  Descriptor d;
  d.family = "shuffle";
  d.name = "shuffle/rows";
  d.summary = "all-to-all between the partitions of threads, by stores past the caches";
  d.shape_meaning = "m: rows of all, n: 32-bit words of a row, k: partitions";
  d.tiers = shuffle_tiers();
  d.error_reason = "number of wrong words";
  d.cost = [](const Shape& s) {
    const Bytes bytes = Bytes::from_base(8.0 * static_cast<double>(s.m) * static_cast<double>(s.n) +
                                         8.0 * static_cast<double>(s.k * s.k));
    return Cost{Ops(), bytes, bytes, bytes};
  };
  d.make = [](const Shape& s, Purpose) { return std::make_unique<ShuffleCase>(s); };
  d.test_shapes = {{1, 32, 1, 1}, {50, 96, 2, 1}, {64, 32, 3, 1}, {130, 256, 8, 1}};
  // Rows of 7168 BF16 values, and short ones.
  d.benchmark_shapes = {{16384, 3584, 8, 1}, {131072, 256, 8, 1}};
  all.push_back(std::move(d));

  d = Descriptor();
  d.family = "combine";
  d.name = "combine/fp32";
  d.summary = "the results of a token's experts, weighted and added to what is there";
  d.shape_meaning = "m: tokens, n: columns, k: experts of a token";
  d.activations = "fp32";
  d.tiers = {Tier::scalar};
  d.max_error = 1e-6;
  d.error_reason = "of the sum of |weight value|: at most some ten FP32 products and sums";
  d.cost = [](const Shape& s) {
    const double values = static_cast<double>(s.m * s.n), top = static_cast<double>(s.k);
    const Bytes bytes =
        Bytes::from_base(4.0 * values * (top + 2.0) + 8.0 * static_cast<double>(s.m) * top);
    return Cost{Ops::from_base(2.0 * values * top), bytes, bytes, bytes};
  };
  d.make = [](const Shape& s, Purpose) { return std::make_unique<CombineCase>(s); };
  d.test_shapes = {{1, 1, 1, 1}, {9, 33, 2, 1}, {40, 128, 8, 1}};
  d.benchmark_shapes = {{2048, 2048, 8, 1}};
  all.push_back(std::move(d));
}

}  // namespace perfmodel::kernels
