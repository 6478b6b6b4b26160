#include "cli/sweep_pool.hpp"

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

}  // namespace perfmodel::cli
