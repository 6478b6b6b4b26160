// What it costs to start all threads and to wait for them: the floor under every kernel's time.
#include <atomic>
#include <memory>

#include "kernels/registry/registry.hpp"

namespace perfmodel::kernels {

namespace {

class SyncCase final : public Case {
 public:
  SyncCase(bool barrier, const Shape& s) : barrier_(barrier), count_(s.m) {}

  void run(const Exec& exec) override {
    arrivals_ = 0;
    expected_ = count_ * exec.team.size();
    if (barrier_) {
      exec.team.run([&](int) noexcept {
        for (std::int64_t i = 0; i < count_; ++i) exec.team.barrier();
        arrivals_ += count_;
      });
    } else {
      for (std::int64_t i = 0; i < count_; ++i) exec.team.run([&](int) noexcept { ++arrivals_; });
    }
  }

  double error() override { return static_cast<double>(expected_ - arrivals_); }

 private:
  bool barrier_;
  std::int64_t count_, expected_ = 0;
  std::atomic<std::int64_t> arrivals_{0};
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
    d.error_reason = "number of threads that did not arrive";
    d.cost = [](const Shape&) { return Cost{}; };
    d.make = [=](const Shape& s, Purpose) { return std::make_unique<SyncCase>(barrier, s); };
    d.test_shapes = {{1, 1, 1, 1}, {20, 1, 1, 1}};
    d.benchmark_shapes = {{1000, 1, 1, 1}};
    all.push_back(std::move(d));
  }
}

}  // namespace perfmodel::kernels
