// One of our products against a library's on the same data, call by call in one process.
#pragma once

#include <string>
#include <vector>

#include "kernels/bench/measure.hpp"
#include "kernels/bench/peer.hpp"
#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {

struct DuelKind {
  QuantSpec weights;
  Format activations;
};
/// "gemm/fp16/fp16"; of one row "gemv/...".
std::string name_of(const DuelKind& kind, const Shape& shape);

/// Kinds whose values one of the peers' formats holds exactly, so that both sides multiply the same
/// numbers: BF16, E4M3 with powers of two for scales, and FP16, which goes into FP32 only.
std::vector<DuelKind> duel_kinds();

/// The narrowest of the library's formats that holds the values of the kind; 0 for none.
int peer_format(const DuelKind& kind, const PeerLibrary& library);

struct Duel {
  std::string kernel;  // of ours, as its descriptor is called
  Tier tier = Tier::scalar;
  Shape shape;
  int threads = 1;
  int rounds = 0;
  std::string call;        // the library's
  std::string problem;     // not empty: why there was no duel
  Quartiles ours, theirs;  // seconds
  Quartiles speedup;       // their time over ours, of each pair of calls
  /// Largest difference of the results over the sum of magnitudes of the terms, and what it may be.
  double difference = 0.0, bound = 0.0;
};

/// `shape.m` rows; one takes our GEMV. Each side has its weights packed beforehand where its
/// interface can (BLAS packs in each call), and as many copies of them as it takes to read them
/// from memory; for a test one.
Duel fight(const DuelKind& kind, const Shape& shape, std::string_view forced_tier, int threads,
           int rounds, const PeerLibrary& library, Purpose purpose = Purpose::benchmark);

}  // namespace perfmodel::kernels
