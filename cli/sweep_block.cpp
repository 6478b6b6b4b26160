#include "cli/sweep_block.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>
#include <type_traits>

#include "sweep/evaluate.hpp"

namespace perfmodel::cli {
namespace {

using sweep::Axis;
using sweep::FrontPoint;

struct Header {
  std::uint64_t number, ok, rows, front;
};
static_assert(std::is_trivially_copyable_v<FrontPoint>);

/// In the direction in which less is better.
double coordinate(std::size_t metric, const sweep::Point& p, const sweep::Site& site) {
  const auto& m = sweep::metrics()[metric];
  const double v = m.value(p, site);
  return m.better == sweep::Better::less ? v : -v;
}

}  // namespace

std::string to_bytes(const Block& b) {
  const Header h{b.number, b.ok, b.rows.size(), b.front.size()};
  const auto front = b.front.size() * sizeof(FrontPoint);
  std::string bytes(sizeof h + b.rows.size() + front, '\0');
  std::memcpy(bytes.data(), &h, sizeof h);
  std::memcpy(bytes.data() + sizeof h, b.rows.data(), b.rows.size());
  if (front > 0) std::memcpy(bytes.data() + sizeof h + b.rows.size(), b.front.data(), front);
  return bytes;
}

Block block_of(std::string_view bytes) {
  Header h{};
  std::memcpy(&h, bytes.data(), sizeof h);
  Block b{h.number, h.ok, std::string(bytes.substr(sizeof h, h.rows)), {}};
  b.front.resize(h.front);
  if (h.front > 0)
    std::memcpy(b.front.data(), bytes.data() + sizeof h + h.rows, h.front * sizeof(FrontPoint));
  return b;
}

std::uint64_t block_count(const sweep::Space& space) {
  return (space.points() + kBlockPoints - 1) / kBlockPoints;
}

BlockEvaluator::BlockEvaluator(const LoadedSweep& sweep)
    : loaded_(sweep), sweep_(sweep.sweep), planner_(sweep), writer_(sweep.sweep) {
  if (sweep_.pareto) grouping_.emplace(sweep_.sizes(), sweep_.pareto->by);
}

Block BlockEvaluator::evaluate(std::uint64_t number) {
  Block b;
  b.number = number;
  const auto batches = sweep_.batches.size();
  const auto end = std::min((number + 1) * kBlockPoints, loaded_.space.points());
  for (auto n = number * kBlockPoints; n < end;) {
    const auto stop = std::min(end, n + batches - n % batches);
    evaluate_run(n, stop);
    collect(n, b);
    n = stop;
  }
  sweep::keep_front(b.front);
  return b;
}

void BlockEvaluator::evaluate_run(std::uint64_t begin, std::uint64_t end) {
  const auto plan = begin / loaded_.space.plan_size();
  planned_ = &planner_.at(plan);
  place_ = loaded_.space.plan(plan);
  loaded_.space.locate(begin % loaded_.space.plan_size(), place_);
  writer_.begin_plan(*planned_);
  writer_.begin_lengths(place_);
  const std::span<const double> batches(sweep_.batches.data() + place_.at(Axis::batch),
                                        end - begin);
  points_.assign(batches.size(), {});
  if (planned_->why) {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      points_[i].verdict = sweep::verdict_of(planned_->why->why);
      points_[i].batch = batches[i];
    }
  } else {
    serving::Workload w;
    w.input = sweep_.inputs[place_.at(Axis::input)];
    w.output = sweep_.outputs[place_.at(Axis::output)];
    w.spread = sweep_.spread;
    w.prefix_hit = sweep_.prefix_hits[place_.at(Axis::prefix_hit)];
    w.slo = sweep_.slo;
    sweep::evaluate_block(planned_->site, w, batches, points_);
  }
}

void BlockEvaluator::collect(std::uint64_t begin, Block& block) {
  const auto& site = planned_->site;
  const auto first = place_.at(Axis::batch);
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const auto& p = points_[i];
    if (!sweep_.keep.accepts(p, site)) continue;
    const bool ok = p.verdict == sweep::Verdict::ok;
    block.ok += ok ? 1 : 0;
    if (!sweep_.pareto) {
      writer_.write(p, block.rows);
    } else if (ok) {
      place_.digits[index(Axis::batch)] = static_cast<std::uint32_t>(first + i);
      block.front.push_back({grouping_->of(place_), begin + i,
                             coordinate(sweep_.pareto->x, p, site),
                             coordinate(sweep_.pareto->y, p, site)});
    }
  }
}

std::vector<std::string> BlockEvaluator::rows(const std::vector<FrontPoint>& points) {
  // Neighbours share their deployment, so they are evaluated by index, whatever the order asked.
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return points[a].index < points[b].index; });
  std::vector<std::string> r(points.size());
  for (const auto i : order) {
    evaluate_run(points[i].index, points[i].index + 1);
    writer_.write(points_.front(), r[i]);
  }
  return r;
}

}  // namespace perfmodel::cli
