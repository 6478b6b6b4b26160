#include "kernels/bench/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "kernels/stream/stream.hpp"

namespace perfmodel::kernels {

namespace {

/// Slices go round through 512 MiB, so that each has left the caches when its turn comes again.
constexpr std::size_t kMemoryFloats = std::size_t{128} << 20;
constexpr std::size_t kSliceFloats = std::size_t{4} << 20;

/// Per thread, for a few tenths of a millisecond or more.
std::int64_t multiply_adds_for(Tier tier) {
  if (tier == Tier::scalar) return 1 << 22;
  return tier == Tier::amx ? 1 << 30 : 1 << 26;
}

Tier best_of(const std::vector<Tier>& tiers, Tier most) {
  Tier best = Tier::scalar;
  for (const Tier t : tiers) {
    if (t <= most && can_run(t)) best = t;
  }
  return best;
}

double processor_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
#else
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
#endif
}

/// What others took.
double share_of(double ran, double passed) {
  return passed > 0 ? std::clamp(1.0 - ran / passed, 0.0, 1.0) : 0.0;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

double seconds_of(const Team& team, const std::function<void()>& f) {
  if (team.size() == 1) {
    const double start = processor_seconds();
    f();
    return processor_seconds() - start;
  }
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double multiply_add_rate(Tier tier, Team& team) {
  const std::int64_t n = multiply_adds_for(tier) * team.size();
  static_cast<void>(multiply_adds(n / 8, {tier, team}));
  return 2.0 * static_cast<double>(n) / seconds_of(team, [&] {
           static_cast<void>(multiply_adds(n, {tier, team}));
         });
}

TakenTime::TakenTime(Team& team) : team_(team), clocks_(static_cast<std::size_t>(team.size())) {}

void TakenTime::read_clocks() {
  team_.run([&](int thread) noexcept {
    clocks_[static_cast<std::size_t>(thread)].seconds = processor_seconds();
  });
}

void TakenTime::start() {
  began_ = now();
  read_clocks();
  ran_before_ = 0.0;
  for (const auto& c : clocks_) ran_before_ += c.seconds;
}

double TakenTime::stop() {
  read_clocks();
  const double passed = (now() - began_) * static_cast<double>(team_.size());
  double ran = -ran_before_;
  for (const auto& c : clocks_) ran += c.seconds;
  passed_ += passed;
  ran_ += ran;
  return share_of(ran, passed);
}

double TakenTime::share() const {
  return share_of(ran_, passed_);
}

Quartiles quartiles_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(
        std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  return {at(0.25), at(0.5), at(0.75)};
}

Roofs::Roofs(Tier tier, Team& team)
    : read_tier_(best_of(stream_tiers(StreamOp::read), tier)),
      copy_tier_(best_of(stream_tiers(StreamOp::copy_nt), tier)),
      flops_tier_(best_of(stream_tiers(StreamOp::multiply_add), tier)),
      team_(team),
      memory_(kMemoryFloats) {}

RoofSample Roofs::sample() {
  const std::size_t unit = 256 * static_cast<std::size_t>(team_.size());
  const std::size_t count = kSliceFloats / unit * unit;
  const auto slice = [&] {
    const auto s = memory_.span().subspan(next_, count);
    next_ = (next_ + kSliceFloats) % kMemoryFloats;
    return s;
  };
  RoofSample r;
  const auto read = slice();
  const auto bytes = static_cast<double>(count * sizeof(float));
  r.read = bytes / seconds_of(team_, [&] {
             static_cast<void>(stream(StreamOp::read, read, {}, {}, 0.0F, {read_tier_, team_}));
           });
  const auto from = slice(), to = slice();
  // The scalar tier has no stores past the caches.
  const StreamOp copy = copy_tier_ == Tier::scalar ? StreamOp::copy : StreamOp::copy_nt;
  r.copy = 2.0 * bytes / seconds_of(team_, [&] {
             static_cast<void>(stream(copy, from, {}, to, 0.0F, {copy_tier_, team_}));
           });
  r.flops = multiply_add_rate(flops_tier_, team_);
  return r;
}

}  // namespace perfmodel::kernels
