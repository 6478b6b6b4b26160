// Threads that evaluate blocks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "cli/sweep_block.hpp"

namespace perfmodel::cli {

/// Blocks come back in no particular order.
class Pool {
 public:
  Pool(const LoadedSweep& sweep, unsigned threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Blocks handed in and not yet taken out.
  std::size_t under_way() const { return under_way_; }
  /// As many as keep all threads busy while finished ones are being taken.
  std::size_t room() const { return 2 * workers_.size(); }
  void submit(std::uint64_t block);
  /// A finished block, if there is one within `wait`. Throws what its evaluation threw.
  std::optional<Block> take(std::chrono::milliseconds wait);

 private:
  void work(const LoadedSweep& sweep);

  std::mutex mutex_;
  std::condition_variable submitted_, finished_;
  std::deque<std::uint64_t> todo_;
  std::deque<Block> done_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::size_t under_way_ = 0;  // of the thread that submits and takes
  std::vector<std::jthread> workers_;
};

/// Rows of single points, in the order of the points, by so many threads; empty if `stop` says so
/// on the way.
std::optional<std::vector<std::string>> front_rows(const LoadedSweep& sweep,
                                                   const std::vector<sweep::FrontPoint>& points,
                                                   unsigned threads,
                                                   const std::function<bool()>& stop);

}  // namespace perfmodel::cli
