#include "kernels/stream/stream.hpp"

#include <bit>
#include <stdexcept>

#include "kernels/formats/buffer.hpp"

namespace perfmodel::kernels {

namespace {

using stream_detail::Fn;
using stream_detail::Range;

Fn checked(const Exec& exec, StreamOp op) {
  const Fn f = find_stream(exec.tier, op);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("stream: no such tier for this operation on this machine");
  return f;
}

/// What tiles are fed with: finite BF16 numbers, no two lines alike.
const float* tile_operands() {
  static const Buffer<float> operands = [] {
    Buffer<float> b(stream_detail::kTileOperandBytes / sizeof(float));
    for (std::size_t i = 0; i < b.size(); ++i) {
      const auto noise = static_cast<std::uint32_t>(i * 0x9E3779B9U) & 0x007F807FU;
      b[i] = std::bit_cast<float>(0x3F003F00U ^ noise);
    }
    return b;
  }();
  return operands.data();
}

}  // namespace

Fn find_stream(Tier tier, StreamOp op) {
  switch (tier) {
    case Tier::scalar:
      return stream_detail::find_scalar(op);
    case Tier::portable:
      return stream_detail::find_portable(op);
#if defined(__x86_64__)
    case Tier::avx2:
      return stream_detail::find_avx2(op);
    case Tier::avx512:
      return stream_detail::find_avx512(op);
    case Tier::avx512bf16:
      return stream_detail::find_avx512bf16(op);
    case Tier::avx512fp16:
      return stream_detail::find_avx512fp16(op);
    case Tier::amx:
      return stream_detail::find_amx(op);
#endif
    default:
      return nullptr;
  }
}

std::vector<Tier> stream_tiers(StreamOp op) {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find_stream(static_cast<Tier>(i), op) != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

float stream(StreamOp op, std::span<const float> a, std::span<const float> b, std::span<float> c,
             float s, const Exec& exec) {
  const Fn f = checked(exec, op);
  const bool writes = op != StreamOp::read;
  const bool two = op == StreamOp::triad || op == StreamOp::triad_nt;
  const auto threads = static_cast<std::size_t>(exec.team.size());
  if (op == StreamOp::multiply_add || a.size() % (256 * threads) != 0 ||
      (writes && c.size() != a.size()) || (two && b.size() != a.size()) ||
      (writes && reinterpret_cast<std::uintptr_t>(c.data()) % kCacheLine != 0))
    throw std::invalid_argument("stream: sizes do not fit");
  const std::size_t part = a.size() / threads;
  std::vector<float> sums(threads * kCacheLine / sizeof(float));
  exec.team.run([&](int thread) noexcept {
    const std::size_t at = static_cast<std::size_t>(thread) * part;
    Range range{a.data() + at,
                two ? b.data() + at : nullptr,
                writes ? c.data() + at : nullptr,
                s,
                static_cast<std::int64_t>(part),
                0.0F,
                false,
                nullptr};
    f(range);
    sums[static_cast<std::size_t>(thread) * kCacheLine / sizeof(float)] = range.result;
  });
  float sum = 0.0F;
  for (const float x : sums) sum += x;
  return sum;
}

float multiply_adds(std::int64_t count, const Exec& exec) {
  const Fn f = checked(exec, StreamOp::multiply_add);
  const float* fed = exec.tier == Tier::amx ? tile_operands() : nullptr;
  std::vector<float> sums(static_cast<std::size_t>(exec.team.size()));
  exec.team.run([&](int thread) noexcept {
    Range range{fed, nullptr, nullptr, 1.0F, count / exec.team.size(), 0.0F, false, nullptr};
    f(range);
    sums[static_cast<std::size_t>(thread)] = range.result;
  });
  float sum = 0.0F;
  for (const float x : sums) sum += x;
  return sum;
}

}  // namespace perfmodel::kernels
