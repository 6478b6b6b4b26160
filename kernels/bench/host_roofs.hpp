// What this machine gives at most: arithmetic, every level of its memory, and the cost of starting
// threads. All of it is sampled in turn, again and again, so that a slow spell hits all alike.
#pragma once

#include <string>
#include <vector>

#include "kernels/bench/measure.hpp"
#include "units/quantity.hpp"

namespace perfmodel::kernels {

/// Bytes of one core's caches and of the last one. Zero: not known, and the level not measured.
struct CacheSizes {
  Bytes l1d, l2, l3;
  int l3_threads = 0;  // of the machine, that share the last one; 0: not known, taken for all
};

enum class RoofKind : std::uint8_t { ops_per_second, bytes_per_second, seconds, cycles_per_second };

/// Samples of one roof in base units. Best: the largest rate, the shortest time.
struct HostRoof {
  std::string name;  // "read_dram"
  std::string what;
  RoofKind kind = RoofKind::seconds;
  Quartiles spread;
  double best = 0.0;
  /// Of a rate by several threads: what it would have been had others taken nothing of the
  /// processors, as far as the threads' clocks tell, and for arithmetic by what one thread alone
  /// gives where several give little more. 0 elsewhere.
  double whole = 0.0;

  /// The quartile at the better end: what the machine gives where nobody else asks for it.
  double undisturbed() const { return kind == RoofKind::seconds ? spread.low : spread.high; }
};

struct HostRoofs {
  int threads = 1;
  int rounds = 0;
  std::string fp32_tier, bf16_tier;  // whose multiply-adds; bf16_tier may be empty
  std::vector<HostRoof> all;
  Quartiles canary;    // seconds of NoiseCanary over the whole run
  double taken = 0.0;  // share of the processors that others had while all threads were sampled

  /// Rate of FP32 multiply-adds of all threads over that of one alone; 1 for one thread.
  double scaling() const;
  /// It is far from the number of threads, for another reason than what was taken: they share
  /// cores, or the machine is a virtual one that was not given them.
  bool scales_poorly() const;

  /// nullptr where it was not measured.
  const HostRoof* named(std::string_view name) const;
};

/// Takes some 0.2 s a round on a fast machine.
HostRoofs measure_host(const CacheSizes& caches, int threads, int rounds);

}  // namespace perfmodel::kernels
