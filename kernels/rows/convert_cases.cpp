// What the conversions say about themselves, for tests, benchmarks and lists.
#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/formats/buffer.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/rows/convert.hpp"

namespace perfmodel::kernels {

namespace {

/// Rows [token][head] go to [head][token], from among rows of twice the width.
class ConvertCase final : public Case {
 public:
  ConvertCase(ConvertOp op, const Shape& s)
      : op_(op),
        shape_(s),
        from_{s.k, s.k * 2 * s.n, 2 * s.n},
        to_{s.k, s.n, s.m * s.n},
        wide_(static_cast<std::size_t>(s.m * s.k * 2 * s.n)),
        before_(wide_.size()),
        narrow_(wide_.size()),
        wide_out_(wide_.size() / 2) {
    const auto values = sample_values(wide_.size(), 1);
    std::copy(values.begin(), values.end(), wide_.begin());
    const auto codes = sample_codes(Format::bf16, wide_.size(), 2);
    std::copy(codes.begin(), codes.end(), before_.begin());
    std::copy(codes.begin(), codes.end(), narrow_.begin());
  }

  void run(const Exec& exec) override {
    const std::int64_t rows = shape_.m * shape_.k;
    switch (op_) {
      case ConvertOp::narrow:
        return narrow(wide_.span(), from_, rows, shape_.n, narrow_.span(), to_, exec);
      case ConvertOp::widen:
        return widen(before_.span(), from_, rows, shape_.n, wide_out_.span(), to_, exec);
      case ConvertOp::add:
        ++runs_;
        return add_rows(wide_.span(), from_, rows, shape_.n, narrow_.span(), to_, exec);
    }
  }

  double error() override {
    double wrong = 0.0;
    const std::int64_t additions = runs_ - std::exchange(checked_, runs_);
    for (std::int64_t token = 0; token < shape_.m; ++token) {
      for (std::int64_t head = 0; head < shape_.k; ++head) {
        for (std::int64_t c = 0; c < shape_.n; ++c) {
          const auto from = static_cast<std::size_t>((token * shape_.k + head) * 2 * shape_.n + c);
          const auto to = static_cast<std::size_t>((head * shape_.m + token) * shape_.n + c);
          wrong += is_right(from, to, additions) ? 0.0 : 1.0;
        }
      }
    }
    return wrong;
  }

 private:
  bool is_right(std::size_t from, std::size_t to, std::int64_t additions) {
    if (op_ == ConvertOp::widen) return wide_out_[to] == bf16_to_float(before_[from]);
    if (op_ == ConvertOp::narrow) return narrow_[to] == float_to_bf16(wide_[from]);
    // Each run added once more to what the last check left.
    for (std::int64_t i = 0; i < additions; ++i)
      before_[to] = float_to_bf16(wide_[from] + bf16_to_float(before_[to]));
    return narrow_[to] == before_[to];
  }

  ConvertOp op_;
  Shape shape_;
  std::int64_t runs_ = 0, checked_ = 0;  // of the residual
  RowPlaces from_, to_;
  Buffer<float> wide_;
  Buffer<std::uint16_t> before_, narrow_;
  Buffer<float> wide_out_;
};

struct Facts {
  ConvertOp op;
  const char *name, *summary;
  double bytes, flops;  // per element
};

constexpr Facts kFacts[] = {
    {ConvertOp::narrow, "fp32_bf16", "rows of FP32 rounded to BF16, in another order", 6, 0},
    {ConvertOp::widen, "bf16_fp32", "rows of BF16 to FP32, in another order", 6, 0},
    {ConvertOp::add, "residual", "rows of FP32 added to rows of BF16", 8, 1},
};

}  // namespace

void add_convert(Descriptors& all) {
  for (const Facts& f : kFacts) {
    Descriptor d;
    d.family = "convert";
    d.name = d.family + "/" + f.name;
    d.summary = f.summary;
    d.shape_meaning = "m: tokens, n: columns of a row, k: rows of a token";
    d.activations = f.op == ConvertOp::widen ? "bf16" : "fp32";
    d.tiers = convert_tiers();
    d.error_reason = "number of wrong values: every one is rounded at most once, to nearest even";
    const ConvertOp op = f.op;
    const double bytes = f.bytes, flops = f.flops;
    d.cost = [=](const Shape& s) {
      const double n = static_cast<double>(s.m * s.n) * static_cast<double>(s.k);
      const Bytes memory = Bytes::from_base(bytes * n);
      return Cost{Ops::from_base(flops * n), memory, memory, memory};
    };
    d.make = [=](const Shape& s, Purpose) { return std::make_unique<ConvertCase>(op, s); };
    d.test_shapes = {{1, 32, 1, 1}, {7, 64, 3, 1}, {33, 96, 2, 1}, {300, 128, 5, 1}};
    d.benchmark_shapes = {{2048, 128, 32, 1}};
    all.push_back(std::move(d));
  }
}

}  // namespace perfmodel::kernels
