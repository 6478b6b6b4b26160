#include "cli/sweep_block.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <type_traits>

namespace perfmodel::cli {
namespace {

using sweep::Axis;
using sweep::FrontPoint;

struct Header {
  std::uint64_t number, ok, rows, front, check;
};

/// Of eight bytes at a time: FNV-1a by words.
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::uint64_t kBasis = 0xcbf29ce484222325, kPrime = 0x100000001b3;
  std::uint64_t sum = kBasis;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
    sum = (sum ^ word) * kPrime;
  }
  return sum;
}
static_assert(std::is_trivially_copyable_v<FrontPoint>);

/// In the direction in which less is better.
double coordinate(std::size_t metric, const sweep::Point& p, const sweep::Site& site) {
  const auto& m = sweep::metrics()[metric];
  const double v = m.value(p, site);
  return m.better == sweep::Better::less ? v : -v;
}

}  // namespace

std::string to_bytes(const Block& b) {
  Header h{b.number, b.ok, b.rows.size(), b.front.size(), 0};
  const auto front = b.front.size() * sizeof(FrontPoint);
  std::string bytes(sizeof h + b.rows.size() + front, '\0');
  std::memcpy(bytes.data() + sizeof h, b.rows.data(), b.rows.size());
  if (front > 0) std::memcpy(bytes.data() + sizeof h + b.rows.size(), b.front.data(), front);
  h.check = checksum(std::string_view(bytes).substr(sizeof h)) ^ h.number ^ h.ok;
  std::memcpy(bytes.data(), &h, sizeof h);
  return bytes;
}

std::optional<Block> block_of(std::string_view bytes) {
  Header h{};
  if (bytes.size() < sizeof h) return std::nullopt;
  std::memcpy(&h, bytes.data(), sizeof h);
  const auto rest = bytes.substr(sizeof h);
  if (h.check != (checksum(rest) ^ h.number ^ h.ok) ||
      rest.size() != h.rows + h.front * sizeof(FrontPoint))
    return std::nullopt;
  Block b{h.number, h.ok, std::string(rest.substr(0, h.rows)), {}};
  b.front.resize(h.front);
  if (h.front > 0) std::memcpy(b.front.data(), rest.data() + h.rows, h.front * sizeof(FrontPoint));
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
  const auto size = loaded_.space.plan_size();
  const auto end = std::min((number + 1) * kBlockPoints, loaded_.space.points());
  for (auto n = number * kBlockPoints; n < end;) {
    const auto stop = std::min(end, n + size - n % size);
    evaluate_part(n, stop);
    collect(n, b);
    n = stop;
  }
  sweep::keep_front(b.front);
  return b;
}

void BlockEvaluator::evaluate_part(std::uint64_t begin, std::uint64_t end) {
  const auto plan = begin / loaded_.space.plan_size();
  planned_ = &planner_.at(plan);
  auto place = loaded_.space.plan(plan);
  asked_.clear();
  lengths_.clear();
  for (auto n = begin; n < end;) {
    loaded_.space.locate(n % loaded_.space.plan_size(), place);
    lengths_.push_back(place);
    const serving::Lengths lengths = {sweep_.inputs[place.at(Axis::input)],
                                      sweep_.outputs[place.at(Axis::output)], sweep_.spread,
                                      sweep_.prefix_hits[place.at(Axis::prefix_hit)]};
    for (std::size_t i = place.at(Axis::batch); i < sweep_.batches.size() && n < end; ++i, ++n)
      asked_.push_back({sweep_.batches[i], lengths});
  }
  points_.assign(asked_.size(), {});
  if (!planned_->why) {
    points_of_.evaluate(planned_->site, sweep_.slo, asked_, points_);
    return;
  }
  for (std::size_t i = 0; i < points_.size(); ++i) {
    points_[i].verdict = sweep::verdict_of(planned_->why->why);
    points_[i].batch = asked_[i].batch;
  }
}

void BlockEvaluator::collect(std::uint64_t begin, Block& block) {
  const auto& site = planned_->site;
  writer_.begin_plan(*planned_);
  std::size_t i = 0;
  for (auto place : lengths_) {
    if (!sweep_.pareto) writer_.begin_lengths(place);
    auto& batch = place.digits[index(Axis::batch)];
    for (; batch < sweep_.batches.size() && i < points_.size(); ++batch, ++i) {
      const auto& p = points_[i];
      if (!sweep_.keep.accepts(p, site)) continue;
      const bool ok = p.verdict == sweep::Verdict::ok;
      block.ok += ok ? 1 : 0;
      if (!sweep_.pareto)
        writer_.write(p, block.rows);
      else if (ok)
        block.front.push_back({grouping_->of(place), begin + i,
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
    evaluate_part(points[i].index, points[i].index + 1);
    writer_.begin_plan(*planned_);
    writer_.begin_lengths(lengths_.front());
    writer_.write(points_.front(), r[i]);
  }
  return r;
}

}  // namespace perfmodel::cli
