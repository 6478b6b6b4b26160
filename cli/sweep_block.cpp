#include "cli/sweep_block.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
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

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

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

std::uint64_t block_points(const sweep::Sweep& s) {
  constexpr std::uint64_t kUsual = 8192, kWithIntervals = 512;
  return s.samples > 0 && !s.pareto ? kWithIntervals : kUsual;
}

std::uint64_t block_count(const LoadedSweep& loaded) {
  const auto size = block_points(loaded.sweep);
  return (loaded.space.points() + size - 1) / size;
}

BlockEvaluator::BlockEvaluator(const LoadedSweep& sweep)
    : loaded_(sweep), sweep_(sweep.sweep), planner_(sweep), writer_(sweep.sweep) {
  if (sweep_.pareto) grouping_.emplace(sweep_.sizes(), sweep_.pareto->by);
  if (sweep_.samples > 0) intervals_.emplace(sweep);
}

Block BlockEvaluator::evaluate(std::uint64_t number) {
  Block b;
  b.number = number;
  b.rows.reserve(longest_);
  const auto size = loaded_.space.plan_size();
  const auto points = block_points(sweep_);
  const auto end = std::min((number + 1) * points, loaded_.space.points());
  for (auto n = number * points; n < end;) {
    const auto stop = std::min(end, n + size - n % size);
    evaluate_part(n, stop);
    collect(n, b);
    n = stop;
  }
  longest_ = std::max(longest_, b.rows.size());
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
    const auto lengths = lengths_at(place);
    for (std::size_t i = place.at(Axis::batch); i < sweep_.batches.size() && n < end; ++i, ++n)
      asked_.push_back({sweep_.batches[i], lengths});
  }
  evaluate_asked();
}

void BlockEvaluator::evaluate_points(std::span<const std::uint64_t> indices) {
  const auto plan = indices.front() / loaded_.space.plan_size();
  planned_ = &planner_.at(plan);
  auto place = loaded_.space.plan(plan);
  asked_.clear();
  lengths_.clear();
  for (const auto n : indices) {
    loaded_.space.locate(n % loaded_.space.plan_size(), place);
    lengths_.push_back(place);
    asked_.push_back({sweep_.batches[place.at(Axis::batch)], lengths_at(place)});
  }
  evaluate_asked();
}

serving::Lengths BlockEvaluator::lengths_at(const sweep::Place& place) const {
  return {sweep_.inputs[place.at(Axis::input)], sweep_.outputs[place.at(Axis::output)],
          sweep_.spread, sweep_.prefix_hits[place.at(Axis::prefix_hit)]};
}

void BlockEvaluator::evaluate_asked() {
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
  if (!sweep_.pareto) draw_intervals();
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
        writer_.write(p, interval_of(i), block.rows);
      else if (ok)
        block.front.push_back({grouping_->of(place), begin + i,
                               coordinate(sweep_.pareto->x, p, site),
                               coordinate(sweep_.pareto->y, p, site)});
    }
  }
}

void BlockEvaluator::draw_intervals() {
  if (!intervals_) return;
  drawn_.clear();
  which_interval_.assign(points_.size(), kNone);
  for (std::size_t i = 0; i < points_.size(); ++i) {
    if (!has_numbers(points_[i].verdict) || !sweep_.keep.accepts(points_[i], planned_->site))
      continue;
    which_interval_[i] = drawn_.size();
    drawn_.push_back(asked_[i]);
  }
  intervals_of_drawn_.resize(drawn_.size());
  intervals_->evaluate(*planned_, drawn_, intervals_of_drawn_);
}

const RowInterval* BlockEvaluator::interval_of(std::size_t point) const {
  if (!intervals_ || which_interval_[point] == kNone) return nullptr;
  return &intervals_of_drawn_[which_interval_[point]];
}

std::vector<std::string> BlockEvaluator::rows(std::span<const std::uint64_t> indices) {
  std::vector<std::string> r;
  while (!indices.empty()) {
    // Those of one deployment together.
    const auto size = loaded_.space.plan_size();
    const auto other = std::find_if(indices.begin(), indices.end(), [&](std::uint64_t n) {
      return n / size != indices.front() / size;
    });
    const auto count = static_cast<std::size_t>(other - indices.begin());
    evaluate_points(indices.first(count));
    writer_.begin_plan(*planned_);
    draw_intervals();
    for (std::size_t i = 0; i < count; ++i) {
      writer_.begin_lengths(lengths_[i]);
      writer_.write(points_[i], interval_of(i), r.emplace_back());
    }
    indices = indices.subspan(count);
  }
  return r;
}

}  // namespace perfmodel::cli
