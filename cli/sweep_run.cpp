#include "cli/sweep_run.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <map>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/sweep_pool.hpp"
#include "cli/sweep_progress.hpp"
#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Points that all fronts together hold at most: some ten megabytes, and as much as anyone plots.
constexpr std::uint64_t kMaxFrontPoints = 200'000;
/// Below this the fronts of the groups would be too coarse to be called so.
constexpr std::uint64_t kMinFrontPoints = 16;
/// A run that is killed loses no more than this; saving takes a tenth of the time at most.
constexpr auto kSavePeriod = 200ms;
constexpr int kSaveShare = 10;
/// How long to wait for a block before looking at signals; and at messages, where there are ranks.
constexpr auto kWait = 50ms;
constexpr auto kWaitBesideRanks = 1ms;
constexpr int kSignalled = 128;  // status of a process that a signal ended, as shells count

volatile std::sig_atomic_t g_signal = 0;  // NOLINT(*-avoid-non-const-global-variables): handlers

extern "C" void note_signal(int signal) {
  g_signal = signal;
}

/// While it lives, signals that ask for an end are noted, and the run ends when it suits.
class Signals {
 public:
  Signals() {
    g_signal = 0;
    for (std::size_t i = 0; i < kThem.size(); ++i) before_[i] = std::signal(kThem[i], note_signal);
  }
  ~Signals() {
    for (std::size_t i = 0; i < kThem.size(); ++i) std::signal(kThem[i], before_[i]);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  static constexpr std::array<int, 2> kThem = {SIGINT, SIGTERM};
  std::array<void (*)(int), kThem.size()> before_{};
};

std::size_t front_capacity(const sweep::Sweep& s) {
  if (!s.pareto) return 0;
  const auto groups = sweep::Grouping(s.sizes(), s.pareto->by).count();
  if (groups > kMaxFrontPoints / kMinFrontPoints)
    throw UsageError(fmt::format("pareto.by: {} groups are more than {}, each with a front", groups,
                                 kMaxFrontPoints / kMinFrontPoints));
  return kMaxFrontPoints / groups;
}

class Coordinator {
 public:
  Coordinator(const LoadedSweep& sweep, const SweepIdentity& identity, const SweepOptions& options,
              Messenger* messenger)
      : loaded_(sweep),
        fronts_(front_capacity(sweep.sweep)),
        file_(options.out, identity, options.resume),
        state_(file_.state()),
        next_(state_.blocks),
        threads_(options.threads),
        pool_(sweep, options.threads),
        ranks_(messenger, identity),
        progress_(sweep.space.points(), points_done()) {
    fronts_.restore(state_.front, state_.thinned);
    if (file_.resumed()) return;
    file_.append(sweep_header(loaded_.sweep));
    save();
  }

  int run() {
    const Signals signals;
    const auto blocks = block_count(loaded_);
    while (state_.blocks < blocks) {
      if (g_signal != 0) return interrupted();
      hand_out(blocks);
      collect();
      write_ready();
      if (Clock::now() >= next_save_) save();
      progress_.show(points_done());
    }
    save();
    ranks_.stop();
    if (!write_fronts()) return interrupted();
    file_.finish();
    return state_.ok > 0 ? kExitDone : none_fits();
  }

 private:
  std::uint64_t points_done() const {
    return std::min(state_.blocks * block_points(loaded_.sweep), loaded_.space.points());
  }

  void hand_out(std::uint64_t blocks) {
    // Never far ahead of what is written: blocks that wait for an earlier one are held in memory.
    const auto window = 2 * (pool_.room() + ranks_.room());
    while (next_ < blocks && next_ < state_.blocks + window) {
      if (pool_.under_way() < pool_.room())
        pool_.submit(next_);
      else if (!ranks_.submit(next_))
        break;
      ++next_;
    }
  }

  void collect() {
    try {
      while (auto b = ranks_.take()) keep(std::move(*b));
      auto wait = ranks_.none() ? kWait : kWaitBesideRanks;
      while (auto b = pool_.take(wait)) {
        keep(std::move(*b));
        wait = 0ms;
      }
    } catch (const UsageError&) {
      file_.discard();  // what is wrong with the input stays wrong
      throw;
    }
  }

  void keep(Block b) {
    const auto number = b.number;
    finished_.emplace(number, std::move(b));
  }

  void write_ready() {
    while (!finished_.empty() && finished_.begin()->first == state_.blocks) {
      const auto& b = finished_.begin()->second;
      file_.append(b.rows);
      fronts_.add(b.front);
      state_.ok += b.ok;
      ++state_.blocks;
      finished_.erase(finished_.begin());
    }
  }

  void save() {
    if (!file_.resumable()) return;
    const auto begin = Clock::now();
    state_.front = fronts_.points();
    state_.thinned = fronts_.thinned();
    file_.save(state_);
    const auto end = Clock::now();
    next_save_ = end + std::max<Clock::duration>(kSavePeriod, kSaveShare * (end - begin));
  }

  /// False if a signal came first: nothing is written then.
  bool write_fronts() {
    if (!loaded_.sweep.pareto) return true;
    const auto rows = front_rows(loaded_, fronts_.points(), threads_, [] { return g_signal != 0; });
    if (!rows) return false;
    for (const auto& row : *rows) file_.append(row);
    if (fronts_.thinned())
      std::fputs("perfmodel: a front was too long and was thinned; group by fewer axes\n", stderr);
    return true;
  }

  int interrupted() {
    save();
    const int signal = g_signal;
    const auto done = fmt::format("perfmodel: stopped by signal {} after {} of {} points", signal,
                                  report::whole(static_cast<double>(points_done())),
                                  report::whole(static_cast<double>(loaded_.space.points())));
    std::fputs((done + (file_.resumable() ? "; --resume continues\n" : "\n")).c_str(), stderr);
    return kSignalled + signal;
  }

  static int none_fits() {
    std::fputs("perfmodel: no point of the sweep is both feasible and kept\n", stderr);
    return kExitNo;
  }

  const LoadedSweep& loaded_;
  sweep::Fronts fronts_;
  SweepFile file_;
  SweepState state_;
  std::uint64_t next_;  // to hand out
  unsigned threads_;
  Pool pool_;
  OtherRanks ranks_;
  SweepProgress progress_;
  std::map<std::uint64_t, Block> finished_;  // that wait for an earlier one
  Clock::time_point next_save_ = Clock::now();
};

}  // namespace

int run_sweep(const LoadedSweep& sweep, const SweepIdentity& identity, const SweepOptions& options,
              Messenger* messenger) {
  return Coordinator(sweep, identity, options, messenger).run();
}

}  // namespace perfmodel::cli
