// What it costs to start all threads and to wait for them: the floor under every kernel's time.
#include <atomic>
#include <cstdlib>
#include <memory>

#include "kernels/registry/registry.hpp"

namespace perfmodel::kernels {

namespace {

class SyncCase final : public Case {
 public:
  SyncCase(bool barrier, const Shape& s, Purpose purpose)
      : barrier_(barrier), checked_(purpose == Purpose::test), count_(s.m) {}

  void run(const Exec& exec) override {
    arrivals_ = early_ = 0;
    const std::int64_t threads = exec.team.size();
    expected_ = count_ * threads;
    if (barrier_) {
      exec.team.run([&](int) noexcept {
        for (std::int64_t i = 0; i < count_; ++i) {
          if (checked_) ++arrivals_;
          exec.team.barrier();
          if (checked_ && !all_arrived(i + 1, threads)) ++early_;
        }
        if (!checked_) arrivals_ += count_;
      });
    } else {
      for (std::int64_t i = 0; i < count_; ++i) exec.team.run([&](int) noexcept { ++arrivals_; });
    }
  }

  double error() override { return static_cast<double>(std::abs(expected_ - arrivals_) + early_); }

 private:
  /// Behind a barrier all have arrived as often, and none more often than once again.
  bool all_arrived(std::int64_t times, std::int64_t threads) const {
    const std::int64_t seen = arrivals_;
    return seen >= times * threads && seen < (times + 1) * threads;
  }

  bool barrier_, checked_;  // counting costs more than the barrier
  std::int64_t count_, expected_ = 0;
  std::atomic<std::int64_t> arrivals_{0}, early_{0};
};

}  // namespace

void add_sync(Descriptors& all) {
  for (const bool barrier : {false, true}) {
    Descriptor d;
    d.family = "sync";
    d.name = barrier ? "sync/barrier" : "sync/fork_join";
    d.summary =
        barrier ? "all threads wait for each other" : "all threads start, run nothing, and end";
    d.shape_meaning = "m: times";
    d.tiers = {Tier::scalar};
    d.error_reason = "number of times that a thread did not arrive or was let go too early";
    d.cost = [](const Shape&) { return Cost{}; };
    d.make = [=](const Shape& s, Purpose p) { return std::make_unique<SyncCase>(barrier, s, p); };
    d.test_shapes = {{1, 1, 1, 1}, {20, 1, 1, 1}};
    d.benchmark_shapes = {{1000, 1, 1, 1}};
    all.push_back(std::move(d));
  }
}

}  // namespace perfmodel::kernels
