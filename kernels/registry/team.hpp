// A team of threads that runs one function at a time on all of them.
//
// Own threads rather than OpenMP: a step of a model is hundreds of kernels of 10 to 1000 us, so the
// fork and join must cost about a microsecond, workers must stop spinning soon after the last
// kernel (the machine may be shared), and the same code must run under both compilers and their
// sanitizers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "kernels/formats/buffer.hpp"

namespace perfmodel::kernels {

class Team {
 public:
  /// `threads` >= 1, the caller's own included; throws std::invalid_argument.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls f(thread) for thread 0 .. size()-1, 0 on the calling thread; returns when all are done.
  /// `f` must not throw and must not call run. One caller at a time.
  template <class F>
  void run(const F& f) {
    static_assert(std::is_nothrow_invocable_v<const F&, int>, "mark the function noexcept");
    run_erased([](const void* g, int thread) noexcept { (*static_cast<const F*>(g))(thread); }, &f);
  }

  /// f(begin, end, thread) over pieces of at most `grain` items, each taken by the next free
  /// thread, so that a thread held up by the system delays one piece only.
  template <class F>
  void for_pieces(std::int64_t count, std::int64_t grain, const F& f) {
    static_assert(std::is_nothrow_invocable_v<const F&, std::int64_t, std::int64_t, int>);
    if (size() == 1 || count <= grain) {
      for (std::int64_t b = 0; b < count; b += grain)
        f(b, b + grain < count ? b + grain : count, 0);
      return;
    }
    std::atomic<std::int64_t> next{0};
    run([&](int thread) noexcept {
      for (;;) {
        const std::int64_t b = next.fetch_add(grain, std::memory_order_relaxed);
        if (b >= count) return;
        f(b, b + grain < count ? b + grain : count, thread);
      }
    });
  }

  /// Inside run, called by all threads: returns once all have arrived.
  void barrier() noexcept;

  /// Memory of a thread that lasts from call to call; grows only. Contents are not kept when it
  /// grows.
  std::uint8_t* scratch(int thread, std::size_t bytes);
  /// The same for what the threads share.
  std::uint8_t* shared_scratch(std::size_t bytes) { return scratch(size(), bytes); }

 private:
  using Erased = void (*)(const void*, int) noexcept;
  void run_erased(Erased call, const void* f) noexcept;
  void work(int thread) noexcept;

  struct alignas(kCacheLine) Line {
    std::atomic<std::uint32_t> value{0};
  };
  Line start_;    // counts calls of run; workers wait for it to change
  Line running_;  // workers that have not finished
  Line arrived_;  // threads at the barrier
  Line phase_;    // counts barriers passed
  Erased call_ = nullptr;
  const void* function_ = nullptr;
  bool stop_ = false;
  std::vector<Buffer<std::uint8_t>> scratch_;
  std::vector<std::thread> workers_;
};

/// Processors that this process may run on.
int available_threads();

}  // namespace perfmodel::kernels
