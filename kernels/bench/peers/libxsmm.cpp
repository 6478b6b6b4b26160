// libxsmm: products of BF16 with sums and results in FP32, by the batch-reduce kernels that it
// compiles for the processor at hand, under a plain loop of ours over blocks of channels and of
// rows.
#include <libxsmm.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/bench/peer.hpp"
#include "kernels/formats/buffer.hpp"

namespace {

using perfmodel::kernels::Buffer;
using perfmodel::kernels::PeerLibrary;
using perfmodel::kernels::PeerProblem;
using Kernel = libxsmm_bsmmfunction_reducebatch_strd;

/// Channels and at most columns of a packed block of weights, and rows that are multiplied at a
/// time.
constexpr std::int64_t kChannels = 64, kColumns = 256, kRows = 64;

struct Prepared {
  PeerProblem problem;
  std::int64_t columns;                        // of a block, a divisor of k
  std::vector<Buffer<std::uint16_t>> weights;  // [n / 64][k / columns][columns / 2][64][2]
  std::size_t next = 0;
  Kernel kernels[2][2];  // [rest of the channels][rest of the rows]
  std::string call;
};

const char* version() {
  return "libxsmm " LIBXSMM_VERSION;
}

/// Even, as BF16 is multiplied by pairs, and a divisor: x has no padding.
std::int64_t columns_of(std::int64_t k) {
  std::int64_t c = std::min(kColumns, k) / 2 * 2;
  while (c > 0 && k % c != 0) c -= 2;
  if (c == 0) throw std::invalid_argument("libxsmm's BF16 kernels need an even k");
  return c;
}

/// libxsmm's matrices lie column by column: its A are our weights, its B our rows, its C our
/// result.
Kernel kernel_for(const PeerProblem& p, std::int64_t channels, std::int64_t rows,
                  std::int64_t columns) {
  if (channels == 0 || rows == 0) return nullptr;
  const auto blas = [](std::int64_t i) { return static_cast<libxsmm_blasint>(i); };
  const libxsmm_blasint lda = blas(kChannels), ldb = blas(p.k), ldc = blas(p.n);
  const float one = 1.0F, zero = 0.0F;
  const int flags = LIBXSMM_GEMM_FLAG_VNNI_A, prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  const Kernel kernel = libxsmm_bsmmdispatch_reducebatch_strd(
      blas(channels), blas(rows), blas(columns), blas(kChannels * columns * 2), blas(columns * 2),
      &lda, &ldb, &ldc, &one, &zero, &flags, &prefetch);
  if (kernel == nullptr)
    throw std::runtime_error(std::string("libxsmm has no BF16 kernel for ") +
                             libxsmm_get_target_arch());
  return kernel;
}

Buffer<std::uint16_t> packed(const PeerProblem& p, std::int64_t columns) {
  const auto* w = static_cast<const std::uint16_t*>(p.w);
  const std::int64_t panels = (p.n + kChannels - 1) / kChannels;
  Buffer<std::uint16_t> all(static_cast<std::size_t>(panels * kChannels * p.k));
  for (std::int64_t n = 0; n < p.n; ++n) {
    std::uint16_t* panel = all.data() + n / kChannels * kChannels * p.k;
    for (std::int64_t k = 0; k < p.k; ++k) {
      const std::int64_t block = k / columns * columns, in = k % columns;
      panel[block * kChannels + in / 2 * 2 * kChannels + n % kChannels * 2 + in % 2] =
          w[n * p.k + k];
    }
  }
  return all;
}

void* prepare(const PeerProblem* p, char* error, std::size_t error_size) {
  try {
    if (p->threads != 1)
      throw std::invalid_argument("libxsmm's kernels run on the calling thread: --threads 1");
    libxsmm_init();
    auto made = std::make_unique<Prepared>();
    made->problem = *p;
    made->columns = columns_of(p->k);
    for (int n = 0; n < 2; ++n) {
      for (int m = 0; m < 2; ++m)
        made->kernels[n][m] =
            kernel_for(*p, n == 0 ? std::min(p->n, kChannels) : p->n % kChannels,
                       m == 0 ? std::min(p->m, kRows) : p->m % kRows, made->columns);
    }
    const auto one = packed(*p, made->columns);
    for (std::int64_t i = 0; i < p->copies; ++i)
      std::copy(one.begin(), one.end(), made->weights.emplace_back(one.size()).begin());
    made->call = std::string("brgemm bf16 ") + libxsmm_get_target_arch();
    return made.release();
  } catch (const std::exception& e) {
    std::snprintf(error, error_size, "%s", e.what());
    return nullptr;
  }
}

void run(void* prepared) {
  auto& s = *static_cast<Prepared*>(prepared);
  const auto& p = s.problem;
  const auto* x = static_cast<const std::uint16_t*>(p.x);
  const std::uint16_t* w = s.weights[s.next].data();
  s.next = (s.next + 1) % s.weights.size();
  const auto blocks = static_cast<unsigned long long>(p.k / s.columns);
  for (std::int64_t n = 0; n < p.n; n += kChannels) {
    const bool rest_n = n > 0 && p.n - n < kChannels;
    for (std::int64_t m = 0; m < p.m; m += kRows) {
      const bool rest_m = m > 0 && p.m - m < kRows;
      s.kernels[rest_n ? 1 : 0][rest_m ? 1 : 0](w + n * p.k, x + m * p.k, p.y + m * p.n + n,
                                                &blocks);
    }
  }
}

const char* call(const void* prepared) {
  return static_cast<const Prepared*>(prepared)->call.c_str();
}

void release(void* prepared) {
  delete static_cast<Prepared*>(prepared);
}

}  // namespace

const PeerLibrary* perfmodel::kernels::perfmodel_peer() {
  static const PeerLibrary library{
      perfmodel::kernels::kPeerBf16, version, prepare, run, call, release};
  return &library;
}
