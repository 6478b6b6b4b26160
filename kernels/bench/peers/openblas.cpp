// OpenBLAS: products of FP32.
#include <cblas.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "kernels/bench/peer.hpp"
#include "kernels/formats/buffer.hpp"

namespace {

using perfmodel::kernels::Buffer;
using perfmodel::kernels::PeerLibrary;
using perfmodel::kernels::PeerProblem;

struct Prepared {
  PeerProblem problem;
  std::vector<Buffer<float>> weights;
  std::size_t next = 0;
  std::string call;
};

const char* version() {
  static const std::string text = std::string(openblas_get_config());
  return text.c_str();
}

void* prepare(const PeerProblem* p, char* error, std::size_t error_size) {
  try {
    openblas_set_num_threads(p->threads);
    auto made = std::make_unique<Prepared>();
    made->problem = *p;
    const auto* w = static_cast<const float*>(p->w);
    const auto size = static_cast<std::size_t>(p->n * p->k);
    for (std::int64_t i = 0; i < p->copies; ++i)
      std::copy_n(w, size, made->weights.emplace_back(size).data());
    made->call = std::string(p->m == 1 ? "sgemv " : "sgemm ") + openblas_get_corename();
    return made.release();
  } catch (const std::exception& e) {
    std::snprintf(error, error_size, "%s", e.what());
    return nullptr;
  }
}

void run(void* prepared) {
  auto& s = *static_cast<Prepared*>(prepared);
  const auto& p = s.problem;
  const float* w = s.weights[s.next].data();
  s.next = (s.next + 1) % s.weights.size();
  const auto m = static_cast<blasint>(p.m), n = static_cast<blasint>(p.n),
             k = static_cast<blasint>(p.k);
  const auto* x = static_cast<const float*>(p.x);
  if (m == 1)
    cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0F, w, k, x, 1, 0.0F, p.y, 1);
  else
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, x, k, w, k, 0.0F, p.y, n);
}

const char* call(const void* prepared) {
  return static_cast<const Prepared*>(prepared)->call.c_str();
}

void release(void* prepared) {
  delete static_cast<Prepared*>(prepared);
}

}  // namespace

const PeerLibrary* perfmodel::kernels::perfmodel_peer() {
  static const PeerLibrary library{kPeerFp32, version, prepare, run, call, release};
  return &library;
}
