// oneDNN: products of BF16 or FP32 with sums and results in FP32.
#include <dnnl.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "kernels/bench/peer.hpp"
#include "kernels/formats/buffer.hpp"

namespace {

using dnnl::memory;
using perfmodel::kernels::Buffer;
using perfmodel::kernels::kPeerBf16;
using perfmodel::kernels::kPeerFp32;
using perfmodel::kernels::PeerLibrary;
using perfmodel::kernels::PeerProblem;

struct Prepared {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::matmul product;
  memory x, y;
  std::vector<Buffer<std::uint8_t>> storage;
  std::vector<memory> weights;
  std::size_t next = 0;
  std::string call;
};

const char* version() {
  static const std::string text = [] {
    const auto* v = dnnl_version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch);
  }();
  return text.c_str();
}

void* prepare(const PeerProblem* p, char* error, std::size_t error_size) {
  try {
    auto made = std::make_unique<Prepared>();
    using Type = memory::data_type;
    using Tag = memory::format_tag;
    const Type type = p->format == kPeerBf16 ? Type::bf16 : Type::f32;
    const memory::desc x({p->m, p->k}, type, Tag::ab), y({p->m, p->n}, Type::f32, Tag::ab);
    const memory::desc any({p->k, p->n}, type, Tag::any);
    // Row-major n x k is k x n with the first index inside.
    const memory::desc given({p->k, p->n}, type, Tag::ba);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc what(made->engine, x, any, y);
#else
    const dnnl::matmul::primitive_desc what(dnnl::matmul::desc(x, any, y), made->engine);
#endif
    made->product = dnnl::matmul(what);
    made->call = std::string("matmul ") + what.impl_info_str();
    // The interface takes no constant memory, though it only reads.
    memory w(given, made->engine, const_cast<void*>(p->w));
    made->x = memory(x, made->engine, const_cast<void*>(p->x));
    made->y = memory(y, made->engine, p->y);
    for (std::int64_t i = 0; i < p->copies; ++i) {
      auto& storage = made->storage.emplace_back(what.weights_desc().get_size());
      auto& packed = made->weights.emplace_back(what.weights_desc(), made->engine, storage.data());
      dnnl::reorder(w, packed).execute(made->stream, w, packed);
    }
    made->stream.wait();
    return made.release();
  } catch (const std::exception& e) {
    std::snprintf(error, error_size, "%s", e.what());
    return nullptr;
  }
}

void run(void* prepared) {
  auto& s = *static_cast<Prepared*>(prepared);
  s.product.execute(
      s.stream, {{DNNL_ARG_SRC, s.x}, {DNNL_ARG_WEIGHTS, s.weights[s.next]}, {DNNL_ARG_DST, s.y}});
  s.stream.wait();
  s.next = (s.next + 1) % s.weights.size();
}

const char* call(const void* prepared) {
  return static_cast<const Prepared*>(prepared)->call.c_str();
}

void release(void* prepared) {
  delete static_cast<Prepared*>(prepared);
}

}  // namespace

const PeerLibrary* perfmodel::kernels::perfmodel_peer() {
  static const PeerLibrary library{kPeerFp32 | kPeerBf16, version, prepare, run, call, release};
  return &library;
}
