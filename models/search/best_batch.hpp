// The batch of highest output rate under a promise, by branch and bound.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "serving/engine.hpp"

namespace perfmodel::search {

/// The steady state at a whole batch.
using AtBatch = std::function<serving::Steady(double batch)>;

bool meets(const serving::Steady& s, const serving::Slo& slo);

/// What is made the most of, in place of the output rate: like the rate at most high / low times as
/// much over batches low .. high as at low.
using AtSteady = std::function<double(const serving::Steady& steady)>;

struct BatchChoice {
  std::optional<serving::Steady> best;  // none where nothing beats `to_beat`
  serving::Steady single;               // at a batch of one: if it breaks the promise, all do
  std::size_t evaluated = 0;
};

/// The best of the batches 1 .. `largest` that keeps `slo` and whose output rate (or `value`) is
/// above `to_beat`. Neither TTFT, TPOT nor the life of a request falls as the batch grows, so that
/// over [low, high] the rate is at most high / low times that at `low`, and where `low` breaks the
/// promise the whole range does. Ranges that cannot beat the best by more than `gap` (a share of
/// it) are left unlooked at; 0 finds the very best.
BatchChoice best_batch(const AtBatch& at, double largest, const serving::Slo& slo,
                       double to_beat = 0, double gap = 1e-3, const AtSteady& value = {});

}  // namespace perfmodel::search
