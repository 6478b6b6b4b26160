#include "kernels/formats/e4m3_table.hpp"

#include "kernels/formats/buffer.hpp"
#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {

namespace {

Buffer<std::uint8_t> make_table() {
  Buffer<std::uint8_t> table(std::size_t{128} * 128);
  constexpr unsigned kOne = 0x3F80;
  for (unsigned m = 0; m < 128; ++m) {
    const float scale = bf16_to_float(static_cast<std::uint16_t>(kOne + m)) / max_of(Format::e4m3);
    const float inverse = 1.0F / scale;
    for (unsigned n = 0; n < 128; ++n) {
      // Far enough from either end of E4M3.
      const unsigned bits = kOne - 4 * 128 + n;
      const unsigned code =
          encode(Format::e4m3, bf16_to_float(static_cast<std::uint16_t>(bits)) * inverse);
      table[m * 128 + n] = static_cast<std::uint8_t>(code - (bits >> 4) + (kOne >> 7 << 3));
    }
  }
  return table;
}

}  // namespace

const std::uint8_t* e4m3_of_bf16() {
  static const Buffer<std::uint8_t> table = make_table();
  return table.data();
}

}  // namespace perfmodel::kernels
