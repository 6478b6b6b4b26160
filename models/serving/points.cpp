#include "serving/points.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace perfmodel::serving {
namespace {

using phase::kLanes;

/// Calls `run(first, size)` for blocks of at most kLanes.
template <class Run>
void in_blocks(std::size_t n, const Run& run) {
  for (std::size_t first = 0; first < n; first += kLanes) run(first, std::min(kLanes, n - first));
}

void same_size(std::size_t a, std::size_t b) {
  if (a != b) throw std::invalid_argument("as many results as points");
}

/// Lengths of up to kLanes prefills, and which of them need the time of a full chunk.
struct PrefillBlock {
  std::size_t size = 0;
  std::array<const Lengths*, kLanes> lengths;
  std::array<bool, kLanes> full;
  std::array<PrefillCost, kLanes> cost;

  void add(const Lengths& l) {
    lengths[size] = &l;
    full[size++] = false;
  }
};

class Prefiller {
 public:
  Prefiller(const phase::Plan& plan, const cost::Machine& machine, const phase::Compiled& compiled)
      : plan_(plan), machine_(machine), compiled_(compiled) {}

  void run(PrefillBlock& b) {
    for (std::size_t i = 0; i < b.size; ++i) push(b, i, 1.0);
    take([&](std::size_t i, Time t) { b.cost[i].one = b.cost[i].full_time = t; });
    for (std::size_t i = 0; i < b.size; ++i)
      if (b.full[i] && b.cost[i].full > 1.0) push(b, i, b.cost[i].full);
    take([&](std::size_t i, Time t) { b.cost[i].full_time = t; });
  }

 private:
  void push(const PrefillBlock& b, std::size_t i, double sequences) {
    const auto p = prefill_passes(plan_, machine_, *b.lengths[i], sequences);
    passes_.set(size_, p.pass);
    count_[size_] = p.count;
    of_[size_++] = i;
  }
  template <class To>
  void take(const To& to) {
    std::array<Time, kLanes> times;
    compiled_.evaluate(ops::Phase::prefill, passes_, size_, times.data());
    for (std::size_t j = 0; j < size_; ++j) to(of_[j], times[j] * count_[j]);
    size_ = 0;
  }

  const phase::Plan& plan_;
  const cost::Machine& machine_;
  const phase::Compiled& compiled_;
  std::size_t size_ = 0;
  phase::Passes passes_;
  std::array<double, kLanes> count_;
  std::array<std::size_t, kLanes> of_;
};

}  // namespace

Points::Points(const phase::Plan& plan, const cost::Machine& machine, double accepted)
    : plan_(plan), machine_(machine), accepted_(accepted), compiled_(plan, machine) {}

void Points::set_machine(const cost::Machine& machine) {
  machine_ = machine;
  compiled_ = phase::Compiled(plan_, machine_);
}

void Points::decode_steps(std::span<const Point> points, std::span<Time> steps) const {
  same_size(points.size(), steps.size());
  in_blocks(points.size(), [&](std::size_t first, std::size_t size) {
    phase::Passes passes;
    for (std::size_t i = 0; i < size; ++i) {
      const auto& p = points[first + i];
      passes.set(i, decode_pass(plan_, p.lengths, p.batch));
    }
    compiled_.evaluate(ops::Phase::decode, passes, size, &steps[first]);
  });
}

void Points::prefills(std::span<const Lengths> lengths, std::span<PrefillCost> costs) const {
  same_size(lengths.size(), costs.size());
  Prefiller prefiller(plan_, machine_, compiled_);
  in_blocks(lengths.size(), [&](std::size_t first, std::size_t size) {
    PrefillBlock b;
    for (std::size_t i = 0; i < size; ++i) {
      b.add(lengths[first + i]);
      b.cost[i].full = requests_per_chunk(plan_, machine_, lengths[first + i]);
      b.cost[i].read = prefix_read(plan_, machine_, lengths[first + i]);
      b.full[i] = true;
    }
    prefiller.run(b);
    std::copy_n(b.cost.begin(), size, costs.begin() + static_cast<std::ptrdiff_t>(first));
  });
}

void Points::evaluate(std::span<const Point> points, std::span<PointResult> results) const {
  same_size(points.size(), results.size());
  Prefiller prefiller(plan_, machine_, compiled_);
  in_blocks(points.size(), [&](std::size_t first, std::size_t size) {
    std::array<Time, kLanes> steps;
    decode_steps(points.subspan(first, size), {steps.data(), size});
    PrefillBlock b;
    std::array<std::size_t, kLanes> prefill;  // of each point
    for (std::size_t i = 0; i < size; ++i) {
      const auto& p = points[first + i];
      if (b.size == 0 || p.lengths != *b.lengths[b.size - 1]) {
        b.add(p.lengths);
        b.cost[b.size - 1].full = requests_per_chunk(plan_, machine_, p.lengths);
        b.cost[b.size - 1].read = prefix_read(plan_, machine_, p.lengths);
      }
      prefill[i] = b.size - 1;
      // Only then does more than one request finish in a step.
      if (p.batch > p.lengths.mean_output()) b.full[b.size - 1] = true;
    }
    prefiller.run(b);
    for (std::size_t i = 0; i < size; ++i) {
      const auto& p = points[first + i];
      auto& r = results[first + i];
      const auto s =
          steady_at(plan_, machine_, p.lengths, b.cost[prefill[i]], accepted_, p.batch, steps[i]);
      const auto memory = memory_plan(plan_, machine_, p.lengths, p.batch);
      r.ttft = s.ttft;
      r.tpot = s.tpot;
      r.decode_step = s.decode_step;
      r.prefill = s.prefill;
      r.output_rate = s.output_rate;
      r.input_rate = s.input_rate;
      r.memory_used = memory.used();
      r.fits = memory.fits();
    }
  });
}

}  // namespace perfmodel::serving
