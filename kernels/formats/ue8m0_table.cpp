#include "kernels/formats/ue8m0_table.hpp"

#include <array>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {

namespace {
constexpr std::array<float, 256> kValues = [] {
  std::array<float, 256> values{};
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = ue8m0_to_float(static_cast<std::uint8_t>(i));
  return values;
}();
}  // namespace

const float* ue8m0_values() {
  return kValues.data();
}

}  // namespace perfmodel::kernels
