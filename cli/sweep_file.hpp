// Where a sweep's rows go, and how an interrupted one continues.
//
// FILE.partial grows by whole blocks. FILE.journal says which of its bytes are final, after which
// block, and what else goes on from there; it is replaced whole, after those bytes have reached the
// disk. Continuing cuts the partial file to the journal's length, so that a run that was killed at
// any moment ends in the same bytes as one that was not. At the end the partial file takes FILE's
// name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sweep_disk.hpp"
#include "sweep/pareto.hpp"

namespace perfmodel::cli {

/// Digests of all that the bytes depend on.
struct SweepIdentity {
  std::string sweep;    // its file, and options that change rows
  std::string configs;  // files that it names
  std::string program;
  std::string draws;  // samples and seed, as a word

  bool operator==(const SweepIdentity&) const = default;
  std::string text() const;
};

struct SweepState {
  std::uint64_t blocks = 0;  // done
  std::uint64_t ok = 0;      // points
  bool thinned = false;
  std::vector<sweep::FrontPoint> front;
};

/// Throws UsageError naming the file where something cannot be read or written.
class SweepFile {
 public:
  /// `path` empty or "-" is standard output; that, a device and a pipe cannot be resumed. Refuses
  /// to begin anew over an interrupted run, to resume one whose identity differs, and to write
  /// beside another process.
  SweepFile(const std::string& path, SweepIdentity identity, bool resume);
  ~SweepFile();
  SweepFile(const SweepFile&) = delete;
  SweepFile& operator=(const SweepFile&) = delete;

  bool resumed() const { return resumed_; }
  const SweepState& state() const { return state_; }  // where to go on
  bool resumable() const { return !partial_.empty(); }

  void append(std::string_view text);
  /// Makes what was appended final.
  void save(const SweepState& state);
  /// The file takes its name.
  void finish();
  /// As if the run had not been: for input that turns out to be wrong.
  void discard();

 private:
  void open_partial(bool resume);
  void read_journal();

  std::string target_, partial_, journal_;
  SweepIdentity identity_;
  SweepState state_;
  std::uint64_t bytes_ = 0;
  bool resumed_ = false;
  int fd_ = -1;
  DiskFile disk_;  // of the partial file
};

}  // namespace perfmodel::cli
