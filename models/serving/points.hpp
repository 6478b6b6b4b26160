// Many points of one deployment: batches and lengths by the hundred thousand, as sweeps need them.
// The numbers are those of steady_state and memory_plan (engine.hpp) to rounding, at a small part
// of the time.
//
//   const serving::Points points(plan, machine, accepted);
//   std::vector<serving::Point> asked = ...;               // any number, any order
//   std::vector<serving::PointResult> answers(asked.size());
//   points.evaluate(asked, answers);
//
// Points are evaluated side by side, so hand over hundreds at a time. Prefill does not depend on
// the batch: neighbours with equal lengths share it, so let the batch vary innermost.
#pragma once

#include <span>

#include "phase/compiled.hpp"
#include "serving/engine.hpp"

namespace perfmodel::serving {

/// A batch of `batch` > 0 sequences per attention rank, input and output of at least one token.
struct Point {
  double batch = 1;
  Lengths lengths;
};

struct PointResult {
  Time ttft{};
  Time tpot{};
  Time decode_step{};
  Time prefill{};           // of one request
  Frequency output_rate{};  // tokens a second of one engine, all its devices
  Frequency input_rate{};   // at that output rate
  Bytes memory_used{};      // of the fullest device
  bool fits = false;        // times of a point that does not fit are what they would be if it did
};

/// A deployment compiled for speed; copies what it needs. Evaluating allocates nothing and changes
/// nothing, so that threads can share one.
class Points {
 public:
  /// `accepted`: mean drafts accepted a step.
  Points(const phase::Plan& plan, const cost::Machine& machine, double accepted);

  /// Another machine under the same plan: a sampled what-if.
  void set_machine(const cost::Machine& machine);

  /// Fills results[i] for points[i]. Spans of equal size.
  void evaluate(std::span<const Point> points, std::span<PointResult> results) const;

  /// The phases alone, as pools of their own need them: the decode step of each point, and the
  /// prefill of each of `lengths`.
  void decode_steps(std::span<const Point> points, std::span<Time> steps) const;
  void prefills(std::span<const Lengths> lengths, std::span<PrefillCost> costs) const;

  const phase::Plan& plan() const { return plan_; }
  const cost::Machine& machine() const { return machine_; }

 private:
  phase::Plan plan_;
  cost::Machine machine_;
  double accepted_;
  phase::Compiled compiled_;
};

}  // namespace perfmodel::serving
