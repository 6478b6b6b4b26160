// The peak of TDPBF16PS, fed as a GEMM feeds it: two by two tiles of sums, both operands from
// memory.
#include "kernels/simd/amx_tiles.hpp"
#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {

namespace {

constexpr std::int64_t kTileBytes = 1024;
constexpr std::int64_t kStepProducts = 4 * 16 * 16 * 32;  // of two by two tiles
/// One operand is a panel in L1, which is passed again and again, the other one comes from L2.
constexpr std::int64_t kPanelBytes = 16 << 10;

void multiply_add(Range& t) noexcept {
  const auto* panel = reinterpret_cast<const std::uint8_t*>(t.a);
  const std::uint8_t* far = panel + kPanelBytes;
  constexpr std::int64_t kFarBytes = static_cast<std::int64_t>(kTileOperandBytes) - kPanelBytes;
  Tiles::configure();
  Tiles::zero<0, 1, 2, 3>();
  std::int64_t near_at = 0, far_at = 0;
  for (std::int64_t i = 0; i < t.count; i += kStepProducts) {
    Tiles::load<4>(panel + near_at, 64);
    Tiles::load<6>(far + far_at, 64);
    Tiles::dot<0, 4, 6>();
    Tiles::load<5>(panel + near_at + kTileBytes, 64);
    Tiles::dot<2, 5, 6>();
    Tiles::load<7>(far + far_at + kTileBytes, 64);
    Tiles::dot<1, 4, 7>();
    Tiles::dot<3, 5, 7>();
    near_at = near_at + 2 * kTileBytes == kPanelBytes ? 0 : near_at + 2 * kTileBytes;
    far_at = far_at + 2 * kTileBytes == kFarBytes ? 0 : far_at + 2 * kTileBytes;
  }
  alignas(64) float sums[4][256];
  Tiles::store<0>(sums[0]);
  Tiles::store<1>(sums[1]);
  Tiles::store<2>(sums[2]);
  Tiles::store<3>(sums[3]);
  Tiles::release();
  t.result = sums[0][0] + sums[1][0] + sums[2][0] + sums[3][0];
}

}  // namespace

Fn find_amx(Op op) {
  return op == Op::multiply_add ? multiply_add : nullptr;
}

}  // namespace perfmodel::kernels::stream_detail
