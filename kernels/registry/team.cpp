#include "kernels/registry/team.hpp"

#include <stdexcept>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace perfmodel::kernels {

namespace {

void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/// About 50 us of spinning (a pause takes 15 to 50 ns) before a thread gives its processor away.
constexpr int kSpins = 2000;

}  // namespace

Team::Team(int threads) {
  if (threads < 1) throw std::invalid_argument("a team needs at least one thread");
  scratch_.resize(static_cast<std::size_t>(threads) + 1);
  workers_.reserve(static_cast<std::size_t>(threads - 1));
  for (int t = 1; t < threads; ++t) workers_.emplace_back([this, t]() noexcept { work(t); });
}

Team::~Team() {
  stop_ = true;
  start_.value.fetch_add(1, std::memory_order_release);
  start_.value.notify_all();
  for (auto& w : workers_) w.join();
}

void Team::work(int thread) noexcept {
  std::uint32_t seen = 0;
  for (;;) {
    std::uint32_t now = start_.value.load(std::memory_order_acquire);
    for (int i = 0; now == seen && i < kSpins; ++i) {
      pause();
      now = start_.value.load(std::memory_order_acquire);
    }
    while (now == seen) {
      start_.value.wait(seen, std::memory_order_acquire);
      now = start_.value.load(std::memory_order_acquire);
    }
    seen = now;
    if (stop_) return;
    call_(function_, thread);
    running_.value.fetch_sub(1, std::memory_order_release);
  }
}

void Team::run_erased(Erased call, const void* f) noexcept {
  if (workers_.empty()) {
    call(f, 0);
    return;
  }
  call_ = call;
  function_ = f;
  running_.value.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
  start_.value.fetch_add(1, std::memory_order_release);
  start_.value.notify_all();
  call(f, 0);
  for (int i = 0; running_.value.load(std::memory_order_acquire) != 0; ++i) {
    pause();
    if (i > kSpins) std::this_thread::yield();
  }
}

void Team::barrier() noexcept {
  if (workers_.empty()) return;
  const std::uint32_t phase = phase_.value.load(std::memory_order_acquire);
  if (arrived_.value.fetch_add(1, std::memory_order_acq_rel) == workers_.size()) {
    arrived_.value.store(0, std::memory_order_relaxed);
    phase_.value.fetch_add(1, std::memory_order_release);
    return;
  }
  for (int i = 0; phase_.value.load(std::memory_order_acquire) == phase; ++i) {
    pause();
    if (i > kSpins) std::this_thread::yield();
  }
}

std::uint8_t* Team::scratch(int thread, std::size_t bytes) {
  auto& buffer = scratch_[static_cast<std::size_t>(thread)];
  if (buffer.size() < bytes) buffer = Buffer<std::uint8_t>(bytes);
  return buffer.data();
}

int available_threads() {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n > 0 ? static_cast<int>(n) : 1;
}

}  // namespace perfmodel::kernels
