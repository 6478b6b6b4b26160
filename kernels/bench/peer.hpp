// A library's matrix product behind a plain interface. Each library is a module of its own that is
// loaded when somebody asks for it: linked in, it would slow every start of the program.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perfmodel::kernels {

extern "C" {

/// What a library multiplies: one bit each.
enum PeerFormat : int { kPeerFp32 = 1, kPeerBf16 = 2 };

/// y[m][n] = sum over k of x[m][k] w[n][k], row-major without padding, y in FP32.
struct PeerProblem {
  std::int64_t m, n, k;
  int format;           // one PeerFormat
  const void* w;        // its elements
  const void* x;        // the same
  float* y;             // where run() leaves the result
  std::int64_t copies;  // of the weights, of which each run takes the next
  int threads;
};

struct PeerLibrary {
  int formats;               // all that it takes, as bits
  const char* (*version)();  // "oneDNN 2.6.3"
  /// Packs the weights as the library likes them. Null where it cannot, with the reason in `error`.
  void* (*prepare)(const PeerProblem* problem, char* error, std::size_t error_size);
  void (*run)(void* prepared);
  /// What runs: "matmul brg:avx512_core_bf16".
  const char* (*call)(const void* prepared);
  void (*release)(void* prepared);
};

/// The one symbol of a module.
const PeerLibrary* perfmodel_peer();

}  // extern "C"

}  // namespace perfmodel::kernels
