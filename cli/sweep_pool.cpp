#include "cli/sweep_pool.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>
#include <utility>

namespace perfmodel::cli {

Pool::Pool(const LoadedSweep& sweep, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) workers_.emplace_back([this, &sweep] { work(sweep); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  submitted_.notify_all();
  workers_.clear();  // joins them
}

void Pool::submit(std::uint64_t block) {
  ++under_way_;
  {
    const std::lock_guard lock(mutex_);
    todo_.push_back(block);
  }
  submitted_.notify_one();
}

std::optional<Block> Pool::take(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  finished_.wait_for(lock, wait, [this] { return !done_.empty() || failure_ != nullptr; });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  if (done_.empty()) return std::nullopt;
  auto block = std::move(done_.front());
  done_.pop_front();
  --under_way_;
  return block;
}

void Pool::work(const LoadedSweep& sweep) {
  BlockEvaluator evaluator(sweep);
  std::unique_lock lock(mutex_);
  while (true) {
    submitted_.wait(lock, [this] { return stop_ || !todo_.empty(); });
    if (stop_) return;
    const auto number = todo_.front();
    todo_.pop_front();
    lock.unlock();
    std::optional<Block> block;
    std::exception_ptr failure;
    try {
      block = evaluator.evaluate(number);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure != nullptr)
      failure_ = failure;
    else
      done_.push_back(std::move(*block));
    finished_.notify_one();
  }
}

std::optional<std::vector<std::string>> front_rows(const LoadedSweep& sweep,
                                                   const std::vector<sweep::FrontPoint>& points,
                                                   unsigned threads,
                                                   const std::function<bool()>& stop) {
  // An interval takes as long as thousands of points.
  const std::size_t together = sweep.sweep.samples > 0 ? 64 : 4096;
  constexpr std::chrono::milliseconds kLook(50);
  // Neighbours share their deployment, so they are evaluated by index, whatever the order asked.
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return points[a].index < points[b].index; });
  std::vector<std::string> rows(points.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stopped = false;
  const auto work = [&] {
    BlockEvaluator evaluator(sweep);
    while (!stopped) {
      const auto first = next.fetch_add(together);
      if (first >= order.size()) return;
      const auto size = std::min(together, order.size() - first);
      std::vector<std::uint64_t> indices;
      for (std::size_t i = 0; i < size; ++i) indices.push_back(points[order[first + i]].index);
      auto some = evaluator.rows(indices);
      for (std::size_t i = 0; i < size; ++i) rows[order[first + i]] = std::move(some[i]);
    }
  };
  const auto useful = (points.size() + together - 1) / together;
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < std::min<std::size_t>(threads, useful); ++i)
    workers.push_back(std::async(std::launch::async, work));
  for (auto& w : workers) {
    do {
      stopped = stopped || stop();
    } while (w.wait_for(kLook) != std::future_status::ready);
  }
  for (auto& w : workers) w.get();
  if (stopped) return std::nullopt;
  return rows;
}

}  // namespace perfmodel::cli
