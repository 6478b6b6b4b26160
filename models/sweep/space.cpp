#include "sweep/space.hpp"

#include <algorithm>
#include <utility>

namespace perfmodel::sweep {
namespace {

using Sizes = std::array<std::uint32_t, kAxes>;

constexpr auto kFirstMiddle = index(Axis::memory);
constexpr auto kParallel = index(Axis::parallel);
constexpr auto kFirstFast = index(Axis::input);

std::vector<std::uint32_t> part(const Sizes& sizes, std::size_t begin, std::size_t end) {
  return {sizes.data() + begin, sizes.data() + end};
}

std::vector<std::uint32_t> chosen(const Sizes& sizes, const std::vector<Axis>& by) {
  std::vector<std::uint32_t> r;
  for (const auto a : by) r.push_back(sizes[index(a)]);
  return r;
}

}  // namespace

MixedRadix::MixedRadix(std::vector<std::uint32_t> sizes) : sizes_(std::move(sizes)) {
  for (const auto s : sizes_) size_ *= s;
}

void MixedRadix::decode(std::uint64_t n, std::uint32_t* digits) const {
  for (auto i = sizes_.size(); i-- > 0;) {
    digits[i] = static_cast<std::uint32_t>(n % sizes_[i]);
    n /= sizes_[i];
  }
}

std::uint64_t MixedRadix::encode(const std::uint32_t* digits) const {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < sizes_.size(); ++i) n = n * sizes_[i] + digits[i];
  return n;
}

std::optional<Space> Space::make(const Sizes& sizes, std::vector<std::uint32_t> deployments) {
  double points = 0;
  for (const auto d : deployments) points += d;
  for (auto i = kFirstMiddle; i < kAxes; ++i)
    if (i != kParallel) points *= sizes[i];
  if (points > kMaxPoints) return std::nullopt;
  return Space(sizes, std::move(deployments));
}

Space::Space(const Sizes& sizes, std::vector<std::uint32_t> deployments)
    : sites_(part(sizes, 0, kFirstMiddle)),
      middle_(part(sizes, kFirstMiddle, kParallel)),
      fast_(part(sizes, kFirstFast, kAxes)),
      deployments_(std::move(deployments)),
      starts_{0} {
  for (const auto d : deployments_) starts_.push_back(starts_.back() + d * middle_.size());
}

Place Space::plan(std::uint64_t number) const {
  // Of sites without deployments the last one begins where the next one with some does.
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), number);
  const auto site = static_cast<std::size_t>(next - starts_.begin()) - 1;
  const auto within = number - starts_[site];
  Place p;
  sites_.decode(site, p.digits.data());
  middle_.decode(within / deployments_[site], p.digits.data() + kFirstMiddle);
  p.digits[kParallel] = static_cast<std::uint32_t>(within % deployments_[site]);
  return p;
}

void Space::locate(std::uint64_t within, Place& place) const {
  fast_.decode(within, place.digits.data() + kFirstFast);
}

Place Space::point(std::uint64_t number) const {
  auto p = plan(number / plan_size());
  locate(number % plan_size(), p);
  return p;
}

Grouping::Grouping(const Sizes& sizes, std::vector<Axis> by)
    : by_(std::move(by)), radix_(chosen(sizes, by_)) {}

std::uint64_t Grouping::of(const Place& place) const {
  std::array<std::uint32_t, kAxes> digits{};
  for (std::size_t i = 0; i < by_.size(); ++i) digits[i] = place.at(by_[i]);
  return radix_.encode(digits.data());
}

}  // namespace perfmodel::sweep
