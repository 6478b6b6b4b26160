// What a pass asks of a device, and what an engine in steady state does with its time.
#pragma once

#include <optional>

#include "phase/plan.hpp"
#include "power/chip_power.hpp"
#include "serving/engine.hpp"

namespace perfmodel::power {

/// Work of one device as the time that each resource would take for it at its published peak, and
/// the time in which a pass runs.
struct Work {
  Time busy{};
  Time matrix{};
  Time vector{};
  Time memory{};
  Time link{};

  Work& operator+=(const Work& o);
  Work& operator*=(double factor);
  friend Work operator*(Work a, double factor) { return a *= factor; }
};

/// Of one operator, one instance; `busy` is left zero. Operations and bytes as counted, without
/// padding: idle lanes and rows of zeros switch little. The mean device, not the hottest. A
/// resource whose peak is not known does no work.
Work work_of(const cost::Machine& machine, const cost::Route& route, const mapping::Term& term,
             const ops::OpCost& cost);
/// Of a pass through all layers, drafts included; `busy` is its time. Of a pipeline, all stages
/// together.
Work work_of(const phase::Plan& plan, const cost::Machine& machine, const ops::Pass& pass);

/// Mean work of one device of an engine, by what the engine turns out.
struct EngineWork {
  Work token;    // by output token, decoded
  Work request;  // by request, prefilled
};
/// Decoding at `batch` sequences per attention rank that yield `yield` tokens a step.
Work token_work(const phase::Plan& plan, const cost::Machine& machine,
                const serving::Lengths& lengths, double batch, double yield);
/// Prefill of `together` requests in one pass of each attention rank.
Work request_work(const phase::Plan& plan, const cost::Machine& machine,
                  const serving::Lengths& lengths, double together);
/// Both on the same devices, at a batch: as many requests are prefilled together as finish in a
/// step (serving/engine.hpp).
EngineWork engine_work(const phase::Plan& plan, const cost::Machine& machine,
                       const serving::Lengths& lengths, double batch, double yield);

/// Means over time of a device of an engine that turns out `tokens` and prefills `requests` each
/// second.
Activity activity_of(const EngineWork& work, Frequency tokens, Frequency requests);

}  // namespace perfmodel::power
