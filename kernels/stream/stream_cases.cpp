// What the stream set says about itself, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/stream/stream.hpp"

namespace perfmodel::kernels {

namespace {

class StreamCase final : public Case {
 public:
  StreamCase(StreamOp op, const Shape& s)
      : op_(op), a_(size_of(s)), b_(size_of(s)), c_(size_of(s)) {
    // Small integers: their sums and triads are exact in FP32, so the results must be right to the
    // bit.
    for (std::size_t i = 0; i < a_.size(); ++i) {
      a_[i] = static_cast<float>(i % 5) - 2.0F;
      b_[i] = static_cast<float>(i % 7) - 3.0F;
    }
  }

  void run(const Exec& exec) override {
    // Whole parts for each thread; what is left over is the next run's.
    const std::size_t unit = 256 * static_cast<std::size_t>(exec.team.size());
    used_ = a_.size() / unit * unit;
    sum_ = stream(op_, a_.span().first(used_), b_.span().first(used_), c_.span().first(used_), 2.0F,
                  exec);
  }

  double error() override {
    double largest = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < used_; ++i) {
      const auto a = static_cast<double>(a_[i]);
      const bool triad = op_ == StreamOp::triad || op_ == StreamOp::triad_nt;
      const double expected = triad ? a + 2.0 * static_cast<double>(b_[i]) : a;
      sum += a;
      if (op_ != StreamOp::read)
        largest = std::max(largest, std::fabs(static_cast<double>(c_[i]) - expected));
    }
    return op_ == StreamOp::read ? std::fabs(static_cast<double>(sum_) - sum) : largest;
  }

 private:
  static std::size_t size_of(const Shape& s) { return static_cast<std::size_t>(s.n); }
  StreamOp op_;
  Buffer<float> a_, b_, c_;
  std::size_t used_ = 0;
  float sum_ = 0.0F;
};

class PeakCase final : public Case {
 public:
  explicit PeakCase(const Shape& s) : count_(s.n) {}
  void run(const Exec& exec) override { result_ = multiply_adds(count_, exec); }
  double error() override { return std::isfinite(result_) ? 0.0 : 1.0; }

 private:
  std::int64_t count_;
  float result_ = 0.0F;
};

Descriptor describe(const std::string& name, const std::string& summary, StreamOp op,
                    double bytes_per_element) {
  Descriptor d;
  d.family = "stream";
  d.name = "stream/" + name;
  d.summary = summary;
  d.shape_meaning = "n: elements of FP32";
  d.tiers = stream_tiers(op);
  d.max_error = 0.0;
  d.error_reason = "absolute, on integers that FP32 holds exactly";
  const bool triad = op == StreamOp::triad || op == StreamOp::triad_nt;
  d.cost = [=](const Shape& s) {
    const auto n = static_cast<double>(s.n);
    const Bytes bytes = Bytes::from_base(bytes_per_element * n);
    return Cost{Ops::from_base(triad                  ? 2.0 * n
                               : op == StreamOp::read ? n
                                                      : 0.0),
                bytes, bytes, bytes};
  };
  d.make = [=](const Shape& s, Purpose) { return std::make_unique<StreamCase>(op, s); };
  d.test_shapes = {{1, 768, 1, 1}, {1, 10 * 768, 1, 1}};
  // Beyond caches; within them a kernel has other roofs.
  d.benchmark_shapes = {{1, std::int64_t{3} << 25, 1, 1}};
  return d;
}

}  // namespace

void add_stream(Descriptors& all) {
  all.push_back(describe("read", "sum of an array, in four streams", StreamOp::read, 4));
  all.push_back(describe("copy", "one array to another", StreamOp::copy, 8));
  all.push_back(describe("copy_nt", "the same by stores past the caches", StreamOp::copy_nt, 8));
  all.push_back(describe("triad", "a + s b", StreamOp::triad, 12));
  all.push_back(describe("triad_nt", "the same by stores past the caches", StreamOp::triad_nt, 12));
  Descriptor peak;
  peak.family = "peak";
  peak.name = "peak/multiply_add";
  peak.summary =
      "multiply-adds of the widest kind that the tier has, in registers (amx: fed from L2)";
  peak.shape_meaning = "n: multiply-adds";
  peak.tiers = stream_tiers(StreamOp::multiply_add);
  peak.error_reason = "0 or 1: whether the result is finite";
  peak.cost = [](const Shape& s) {
    return Cost{Ops::from_base(2.0 * static_cast<double>(s.n)), Bytes(), Bytes(), Bytes()};
  };
  peak.make = [](const Shape& s, Purpose) { return std::make_unique<PeakCase>(s); };
  peak.test_shapes = {{1, 1 << 12, 1, 1}};
  peak.benchmark_shapes = {{1, 1 << 28, 1, 1}};
  all.push_back(std::move(peak));
}

}  // namespace perfmodel::kernels
