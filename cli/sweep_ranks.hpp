// A sweep on several processes: rank 0 hands out blocks and writes; all ranks evaluate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/messenger.hpp"
#include "cli/sweep_block.hpp"
#include "cli/sweep_file.hpp"

namespace perfmodel::cli {

/// Empty if mpirun did not start this process. Throws UsageError where it did, and the program was
/// built without MPI.
std::unique_ptr<Messenger> join_ranks();

/// Processors that this process may use, shared with the other ranks on this machine where they
/// are not bound to some of their own.
unsigned usual_threads();

/// Rank 0's view of the others; of none, where `messenger` is null.
class OtherRanks {
 public:
  OtherRanks(Messenger* messenger, SweepIdentity identity);

  /// Gives a block to a rank that waits for one; false if none does.
  bool submit(std::uint64_t block);
  std::size_t under_way() const;
  /// Blocks that all ranks together take at a time, of those that have come so far.
  std::size_t room() const;
  bool none() const { return ranks_.empty(); }
  /// A finished block, if one has arrived. Throws UsageError with what is wrong with the input on a
  /// rank, and std::runtime_error where a block arrives damaged.
  std::optional<Block> take();
  /// After the last block: they come to their ends.
  void stop();

 private:
  struct Rank {
    std::size_t room = 0;  // 0 until it has said that it is there
    std::size_t under_way = 0;
  };
  void greet(Rank& rank, const Messenger::Message& message) const;

  Messenger* messenger_;
  SweepIdentity identity_;
  std::vector<Rank> ranks_;  // from rank 1 on
};

/// What a rank other than 0 does: evaluates what it is given until it is told to stop.
void serve_blocks(Messenger& messenger, const LoadedSweep& sweep, const SweepIdentity& identity,
                  unsigned threads);

/// Tells rank 0 what is wrong here, and waits for it to end the run; returns where that had
/// finished before it heard of it.
void report_failure(Messenger& messenger, const std::string& what);

}  // namespace perfmodel::cli
