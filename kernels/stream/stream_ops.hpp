// What the tiers of the stream set have in common. Plain data only, as this header goes into units
// compiled for one instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perfmodel::kernels::stream_detail {

enum class Op : std::uint8_t {
  read,      // result = sum of a, in four streams
  copy,      // c = a
  copy_nt,   // c = a, past the caches
  triad,     // c = a + s b
  triad_nt,  // c = a + s b, past the caches
  // `count` multiplications and additions of the tier's widest kind: in registers, but for tiles,
  // which are fed from L2, as no GEMM reaches what they do without
  multiply_add
};

/// Of `Range::a` where tiles multiply: for an L2 cache of a megabyte or more.
inline constexpr std::size_t kTileOperandBytes = std::size_t{1} << 19;

struct Range {
  const float* a;
  const float* b;
  float* c;
  float s;
  std::int64_t count;  // a multiple of 256, but for multiply_add
  float result;
  bool more;  // stores past the caches go on in another range, and need not be waited for
  const float*
      ahead;  // copies: `count` elements that are to come into the caches meanwhile, or nullptr
};
using Fn = void (*)(Range&) noexcept;

/// nullptr where the tier does not have the operation. `find` takes that of a tier.
Fn find_scalar(Op op);
Fn find_portable(Op op);
Fn find_avx2(Op op);
Fn find_avx512(Op op);
Fn find_avx512bf16(Op op);
Fn find_avx512fp16(Op op);
Fn find_amx(Op op);

}  // namespace perfmodel::kernels::stream_detail
