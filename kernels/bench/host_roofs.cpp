#include "kernels/bench/host_roofs.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "kernels/bench/canary.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/stream/stream.hpp"

namespace perfmodel::kernels {

namespace {

constexpr std::size_t kUnit = 256;                        // elements that a stream takes at once
constexpr double kReadBytes = 16e6;                       // of one sample inside caches, per thread
constexpr Bytes kBeyondCaches = Bytes::from_base(512e6);  // the last level is shared with others
constexpr std::int64_t kHops = 1 << 15;
constexpr std::int64_t kSyncs = 200;
constexpr double kMostTaken = 0.9;  // a sample of which more was taken says nothing about the rest

constexpr Tier kFp32Tiers[] = {Tier::scalar, Tier::portable, Tier::avx2, Tier::avx512};
constexpr Tier kBf16Tiers[] = {Tier::avx512bf16, Tier::amx};
constexpr Tier kFp16Tiers[] = {Tier::avx512fp16};

/// The last of the tiers that has the operation and can run.
std::optional<Tier> tier_for(StreamOp op, std::span<const Tier> tiers) {
  std::optional<Tier> best;
  for (const Tier t : tiers)
    if (find_stream(t, op) != nullptr && can_run(t)) best = t;
  return best;
}

/// Each thread reads an array of its own over and over.
class LevelRead {
 public:
  LevelRead(Bytes each, Tier tier, Team& team)
      : read_(find_stream(tier, StreamOp::read)),
        count_(std::max<std::size_t>(
            static_cast<std::size_t>(each.base()) / sizeof(float) / kUnit * kUnit, kUnit)),
        team_(team),
        data_(count_ * static_cast<std::size_t>(team.size())),
        sums_(static_cast<std::size_t>(team.size()) * kCacheLine) {}

  double sample() {
    const double bytes = static_cast<double>(count_ * sizeof(float));
    const auto times = std::max<std::int64_t>(1, static_cast<std::int64_t>(kReadBytes / bytes));
    read(1);  // what was sampled before has taken the cache
    const double t = seconds_of(team_, [&] { read(times); });
    return bytes * static_cast<double>(times * team_.size()) / t;
  }

 private:
  void read(std::int64_t times) {
    team_.run([&](int thread) noexcept {
      const auto part = static_cast<std::size_t>(thread);
      stream_detail::Range range{data_.data() + part * count_,      nullptr, nullptr, 0.0F,
                                 static_cast<std::int64_t>(count_), 0.0F,    true,    nullptr};
      for (std::int64_t i = 0; i < times; ++i) read_(range);
      sums_[part * kCacheLine] = range.result;
    });
  }

  stream_detail::Fn read_;
  std::size_t count_;
  Team& team_;
  Buffer<float> data_;
  std::vector<float> sums_;
};

/// A copy of some memory in the system's smallest pages. Empty where the system offers no choice.
class SmallPages {
 public:
  explicit SmallPages([[maybe_unused]] std::span<const std::uint32_t> from) {
#if defined(__linux__)
    void* p = ::mmap(nullptr, from.size_bytes(), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return;
    // A system without huge pages refuses the advice and needs none.
    static_cast<void>(::madvise(p, from.size_bytes(), MADV_NOHUGEPAGE));
    std::memcpy(p, from.data(), from.size_bytes());
    data_ = static_cast<const std::uint32_t*>(p);
    bytes_ = from.size_bytes();
#endif
  }
  ~SmallPages() {
#if defined(__linux__)
    if (data_ != nullptr) static_cast<void>(::munmap(const_cast<std::uint32_t*>(data_), bytes_));
#endif
  }
  SmallPages(const SmallPages&) = delete;
  SmallPages& operator=(const SmallPages&) = delete;

  const std::uint32_t* data() const { return data_; }

 private:
  const std::uint32_t* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// One thread follows a chain through all lines of an array, in an order that no prefetcher knows.
class Chase {
 public:
  Chase(Bytes size, const Team& alone)
      : alone_(alone),
        lines_(std::max<std::size_t>(static_cast<std::size_t>(size.base()) / kCacheLine, 2)),
        next_(lines_ * kStride) {
    std::vector<std::uint32_t> order(lines_);
    for (std::size_t i = 0; i < lines_; ++i) order[i] = static_cast<std::uint32_t>(i);
    Random random(11);
    // Sattolo: one cycle through all.
    for (std::size_t i = lines_ - 1; i > 0; --i) std::swap(order[i], order[random.bits() % i]);
    for (std::size_t i = 0; i < lines_; ++i)
      next_[i * kStride] = order[i] * static_cast<std::uint32_t>(kStride);
  }

  std::span<const std::uint32_t> chain() const { return next_.span(); }

  double sample() {
    // All lines once, as what was sampled before has taken the cache; far more than any cache holds
    // need not be.
    if (static_cast<double>(next_.bytes()) < 0.9 * kBeyondCaches.base())
      hop(next_.data(), static_cast<std::int64_t>(lines_));
    return hop_time(next_.data());
  }
  /// Along a copy of the chain.
  double hop_time(const std::uint32_t* next) {
    return seconds_of(alone_, [&] { hop(next, kHops); }) / static_cast<double>(kHops);
  }

 private:
  void hop(const std::uint32_t* next, std::int64_t times) {
    std::uint32_t at = at_;
    for (std::int64_t i = 0; i < times; ++i) at = next[at];
    at_ = at;
  }

  static constexpr std::size_t kStride = kCacheLine / sizeof(std::uint32_t);
  const Team& alone_;
  std::size_t lines_;
  Buffer<std::uint32_t> next_;
  std::uint32_t at_ = 0;
};

/// A sample by all threads is one in which all of them work from its begin to its end.
enum class By : std::uint8_t { all_threads, one };

struct Sampler {
  HostRoof roof;
  By by;
  std::function<double()> sample;
  std::vector<double> values;
  std::vector<double> whole;  // of several threads, with what others took given back
};

double sync_time(Case& sync, Team& team) {
  return seconds_of(team, [&] { sync.run({Tier::scalar, team}); }) / static_cast<double>(kSyncs);
}

}  // namespace

double HostRoofs::scaling() const {
  const auto *together = named("flops_fp32"), *one = named("one_thread_fp32");
  return together != nullptr && one != nullptr ? together->undisturbed() / one->undisturbed() : 1.0;
}

const HostRoof* HostRoofs::named(std::string_view name) const {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.name == name; });
  return at == all.end() ? nullptr : &*at;
}

bool HostRoofs::scales_poorly() const {
  // All cores at once may clock a third lower than one.
  constexpr double kPoor = 0.6;
  return threads > 1 && scaling() < kPoor * threads * (1.0 - taken);
}

HostRoofs measure_host(const CacheSizes& caches, int threads, int rounds) {
  Team team(threads);
  Team alone(1);
  HostRoofs r;
  r.threads = threads;
  r.rounds = rounds;
  std::vector<Sampler> samplers;
  const auto add = [&](std::string name, std::string what, RoofKind kind,
                       std::function<double()> sample, By by = By::all_threads) {
    samplers.push_back(
        {{std::move(name), std::move(what), kind, {}, 0.0}, by, std::move(sample), {}, {}});
  };

  add("clock", "three cycles per dependent multiplication", RoofKind::cycles_per_second,
      chain_clock, By::one);
  const auto fp32 = tier_for(StreamOp::multiply_add, kFp32Tiers);
  const auto bf16 = tier_for(StreamOp::multiply_add, kBf16Tiers);
  const auto fp16 = tier_for(StreamOp::multiply_add, kFp16Tiers);
  r.fp32_tier = name_of(*fp32);
  add("flops_fp32", "multiply-adds in registers, " + r.fp32_tier, RoofKind::ops_per_second,
      [&] { return multiply_add_rate(*fp32, team); });
  if (threads > 1)
    add(
        "one_thread_fp32", "the same by one thread, the others idle", RoofKind::ops_per_second,
        [&] { return multiply_add_rate(*fp32, alone); }, By::one);
  if (bf16) {
    r.bf16_tier = name_of(*bf16);
    const std::string what = *bf16 == Tier::amx ? "products of BF16 tiles fed from L2, "
                                                : "products of BF16 pairs in registers, ";
    add("flops_bf16", what + r.bf16_tier, RoofKind::ops_per_second,
        [&] { return multiply_add_rate(*bf16, team); });
  }
  if (fp16)
    add("flops_fp16", "multiply-adds of FP16 in registers, " + std::string(name_of(*fp16)),
        RoofKind::ops_per_second, [&] { return multiply_add_rate(*fp16, team); });

  const Tier read = *tier_for(StreamOp::read, kFp32Tiers);
  // Half of a private cache, a quarter of one that others use as well.
  struct Level {
    std::string name;
    Bytes size;
  };
  std::vector<Level> levels;
  if (caches.l1d > Bytes()) levels.push_back({"l1", caches.l1d * 0.5});
  if (caches.l2 > Bytes()) levels.push_back({"l2", caches.l2 * 0.5});
  if (caches.l3 > Bytes()) levels.push_back({"l3", caches.l3 * 0.25});
  // What a thread has of the shared cache must be more than its own cache holds, or that is
  // measured.
  const int sharers = caches.l3_threads > 0 ? std::min(caches.l3_threads, threads) : threads;
  const Bytes of_l3 = caches.l3 * 0.25 / sharers;
  std::vector<std::unique_ptr<LevelRead>> reads;
  std::vector<std::unique_ptr<Chase>> chases;
  for (const auto& level : levels) {
    const bool shared = level.name == "l3";
    if (shared && of_l3 < caches.l2 * 2.0) continue;
    const Bytes each = shared ? of_l3 : level.size;
    auto* reader = reads.emplace_back(std::make_unique<LevelRead>(each, read, team)).get();
    add("read_" + level.name, "four streams from the cache", RoofKind::bytes_per_second,
        [reader] { return reader->sample(); });
  }
  Roofs dram(Tier::avx512, team);
  RoofSample last;
  add("read_dram", "four streams, each line once in 512 MiB", RoofKind::bytes_per_second, [&] {
    last = dram.sample();
    return last.read;
  });
  add(
      "copy_dram", "read and written, by stores past the caches", RoofKind::bytes_per_second,
      [&] { return last.copy; }, By::one);  // sampled with the other
  levels.push_back({"dram", kBeyondCaches});
  for (const auto& level : levels) {
    auto* chase = chases.emplace_back(std::make_unique<Chase>(level.size, alone)).get();
    add(
        "latency_" + level.name, "one dependent load, huge pages where the system has them",
        RoofKind::seconds, [chase] { return chase->sample(); }, By::one);
  }
  auto* dram_chase = chases.back().get();
  const SmallPages small(dram_chase->chain());
  if (small.data() != nullptr)
    add(
        "latency_dram_4k", "the same in small pages, whose addresses are translated each time",
        RoofKind::seconds, [&] { return dram_chase->hop_time(small.data()); }, By::one);

  const auto fork = descriptor_named("sync/fork_join")->make({kSyncs, 1, 1, 1}, Purpose::benchmark);
  const auto barrier =
      descriptor_named("sync/barrier")->make({kSyncs, 1, 1, 1}, Purpose::benchmark);
  add("fork_join", "all threads start, run nothing, and end", RoofKind::seconds,
      [&] { return sync_time(*fork, team); });
  add("barrier", "all threads wait for each other", RoofKind::seconds,
      [&] { return sync_time(*barrier, team); });

  NoiseCanary canary(team);
  TakenTime taken(team);
  for (auto& s : samplers) s.sample();  // warms up
  for (int i = 0; i < rounds; ++i) {
    for (auto& s : samplers) {
      canary.sample();
      if (s.by == By::all_threads) taken.start();
      s.values.push_back(s.sample());
      if (s.by == By::one) continue;
      const double share = std::min(taken.stop(), kMostTaken);
      // One thread's time is its processor's already.
      if (threads > 1) s.whole.push_back(s.values.back() / (1.0 - share));
    }
  }
  r.taken = taken.share();
  r.canary = canary.take();
  for (auto& s : samplers) {
    s.roof.best = s.roof.kind == RoofKind::seconds
                      ? *std::min_element(s.values.begin(), s.values.end())
                      : *std::max_element(s.values.begin(), s.values.end());
    s.roof.spread = quartiles_of(std::move(s.values));
    if (!s.whole.empty() && s.roof.kind != RoofKind::seconds)
      s.roof.whole = quartiles_of(std::move(s.whole)).high;
    r.all.push_back(std::move(s.roof));
  }
  if (r.scales_poorly()) {
    for (auto& roof : r.all)
      if (roof.kind == RoofKind::ops_per_second && roof.whole > 0)
        roof.whole = std::max(roof.whole, roof.undisturbed() * threads / r.scaling());
  }
  return r;
}

}  // namespace perfmodel::kernels
