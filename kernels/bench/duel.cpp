#include "kernels/bench/duel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include "kernels/gemm/gemm.hpp"
#include "kernels/gemv/gemv.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

/// What a library's FP32 sums may be off, whatever their order: random roundings of some 10^4 terms
/// stay below a hundred units in the last place.
constexpr double kPeerError = 1e-5;

/// Our side: weights packed, one run with the next copy each call.
class Ours {
 public:
  Ours(const DuelKind& kind, const Quantised& w, std::span<const std::uint16_t> x, const Shape& s,
       bool many, const Exec& exec)
      : exec_(exec), format_(kind.activations), x_(x), y_(static_cast<std::size_t>(s.m * s.n)) {
    const auto copies = copies_for(w.bytes(), many);
    if (s.m == 1) {
      matrices_.reserve(static_cast<std::size_t>(copies));
      for (std::int64_t i = 0; i < copies; ++i) matrices_.push_back(w.clone());
      for (const auto& m : matrices_) vectors_.emplace_back(m);
      return;
    }
    activations_.emplace(format_, x, s.k);
    packed_.reserve(static_cast<std::size_t>(copies));
    packed_.emplace_back(w, format_, exec.tier);
    for (std::int64_t i = 1; i < copies; ++i) packed_.push_back(packed_.front().clone());
  }

  void run() {
    if (activations_)
      gemm(packed_[next_], *activations_, y_, exec_);
    else
      gemv(vectors_[next_], format_, x_, y_, exec_);
    next_ = (next_ + 1) % std::max(packed_.size(), vectors_.size());
  }
  std::span<const float> result() const { return y_; }

 private:
  Exec exec_;
  Format format_;  // of the activations
  std::span<const std::uint16_t> x_;
  std::vector<float> y_;
  std::vector<Quantised> matrices_;
  std::vector<GemvWeights> vectors_;
  std::vector<PackedWeights> packed_;
  std::optional<Activations> activations_;
  std::size_t next_ = 0;
};

/// The weights and activations once more, in the library's format.
template <class T, class Convert>
std::vector<T> converted(const Quantised& w, const Convert& convert) {
  std::vector<T> all;
  all.reserve(static_cast<std::size_t>(w.rows() * w.columns()));
  for (std::int64_t n = 0; n < w.rows(); ++n)
    for (std::int64_t k = 0; k < w.columns(); ++k)
      all.push_back(convert(static_cast<float>(w.value(n, k))));
  return all;
}

/// Largest difference over the sum of the magnitudes of the terms, on some of the elements, drawn
/// at random: all of them would take minutes, and a regular stride would meet few columns.
double difference_of(std::span<const float> a, std::span<const float> b, const Quantised& w,
                     std::span<const float> x, const Shape& s) {
  constexpr std::int64_t kSome = 1024;
  const std::int64_t all = s.m * s.n;
  Random random(7);
  double largest = 0.0;
  for (std::int64_t j = 0; j < std::min(all, kSome); ++j) {
    const std::int64_t i =
        all <= kSome ? j
                     : static_cast<std::int64_t>(random.bits() % static_cast<std::uint64_t>(all));
    const std::int64_t row = i / s.n, channel = i % s.n;
    double magnitude = 0.0;
    for (std::int64_t k = 0; k < s.k; ++k)
      magnitude += std::fabs(w.value(channel, k) *
                             static_cast<double>(x[static_cast<std::size_t>(row * s.k + k)]));
    const auto at = static_cast<std::size_t>(i);
    const double off = std::fabs(static_cast<double>(a[at]) - static_cast<double>(b[at]));
    largest = std::isnan(off) ? INFINITY : std::max(largest, off / std::max(magnitude, 1e-30));
  }
  return largest;
}

}  // namespace

std::string name_of(const DuelKind& kind, const Shape& shape) {
  return std::string(shape.m == 1 ? "gemv/" : "gemm/") + name_of(kind.weights) + "/" +
         std::string(name_of(kind.activations));
}

std::vector<DuelKind> duel_kinds() {
  return {{{Format::bf16, ScaleScheme::none}, Format::bf16},
          {{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0}, Format::bf16},
          {{Format::fp16, ScaleScheme::none}, Format::fp16}};
}

int peer_format(const DuelKind& kind, const PeerLibrary& library) {
  const bool in_bf16 = kind.weights.format != Format::fp16 && kind.activations == Format::bf16;
  for (const int format : {kPeerBf16, kPeerFp32}) {
    if ((library.formats & format) != 0 && (format == kPeerFp32 || in_bf16)) return format;
  }
  return 0;
}

Duel fight(const DuelKind& kind, const Shape& shape, std::string_view forced_tier, int threads,
           int rounds, const PeerLibrary& library, Purpose purpose) {
  const bool many = purpose == Purpose::benchmark;
  Duel d;
  d.kernel = name_of(kind, shape);
  d.shape = shape;
  d.threads = threads;
  d.rounds = rounds;
  const Descriptor& kernel = *descriptor_named(d.kernel);
  const auto choice = choose_tier(kernel.tiers, forced_tier);
  if (!choice.tier) {
    d.problem = choice.problem;
    return d;
  }
  const int format = peer_format(kind, library);
  if (format == 0) {
    d.problem = "the library multiplies nothing that holds these values";
    return d;
  }
  d.tier = *choice.tier;
  d.bound = kernel.max_error_of(d.tier) + kPeerError;

  Team team(threads);
  const Quantised w = sample_matrix(kind.weights, shape.n, shape.k, 2);
  const auto x = sample_codes(kind.activations, static_cast<std::size_t>(shape.m * shape.k), 1);
  Ours ours(kind, w, x, shape, many, {d.tier, team});

  std::vector<float> y(static_cast<std::size_t>(shape.m * shape.n)), w32, x32;
  for (const auto code : x) x32.push_back(decode(kind.activations, code));
  std::vector<std::uint16_t> w16;
  PeerProblem problem{shape.m, shape.n, shape.k, format, nullptr, nullptr, y.data(), 1, threads};
  std::int64_t bytes = shape.n * shape.k;
  if (format == kPeerBf16) {
    w16 = converted<std::uint16_t>(w, [](float v) { return float_to_bf16(v); });
    problem.w = w16.data();
    problem.x = x.data();
    bytes *= 2;
  } else {
    w32 = converted<float>(w, [](float v) { return v; });
    problem.w = w32.data();
    problem.x = x32.data();
    bytes *= 4;
  }
  problem.copies = copies_for(bytes, many);
  std::array<char, 256> error{};
  const std::unique_ptr<void, void (*)(void*)> theirs(
      library.prepare(&problem, error.data(), error.size()), library.release);
  if (!theirs) {
    d.problem = error.data();
    return d;
  }
  d.call = library.call(theirs.get());

  ours.run();
  library.run(theirs.get());
  d.difference = difference_of(ours.result(), y, w, x32, shape);
  std::vector<double> our_times, their_times, ratios;
  for (int i = 0; i < rounds; ++i) {
    double a = 0.0, b = 0.0;
    const auto run_ours = [&] { a = seconds_of(team, [&] { ours.run(); }); };
    if (i % 2 == 0) run_ours();
    b = seconds_of(team, [&] { library.run(theirs.get()); });
    if (i % 2 != 0) run_ours();
    our_times.push_back(a);
    their_times.push_back(b);
    ratios.push_back(b / a);
  }
  d.ours = quartiles_of(our_times);
  d.theirs = quartiles_of(their_times);
  d.speedup = quartiles_of(ratios);
  return d;
}

}  // namespace perfmodel::kernels
