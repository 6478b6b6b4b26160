#include "kernels/accuracy/format_error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace perfmodel::kernels {

FormatError format_error(const QuantSpec& spec, std::span<const float> values, std::int64_t rows,
                         std::int64_t columns) {
  const Quantised q = quantise(spec, values, rows, columns);
  double signal = 0.0;
  for (const float v : values) signal += static_cast<double>(v) * static_cast<double>(v);
  if (signal <= 0.0) throw std::invalid_argument("no signal to hold an error against");
  const double rms = std::sqrt(signal / static_cast<double>(values.size()));
  FormatError e;
  double noise = 0.0;
  std::int64_t present = 0, lost = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const double exact = values[static_cast<std::size_t>(r * columns + c)];
      const double stored = q.value(r, c);
      const double error = std::fabs(stored - exact);
      noise += error * error;
      e.max_absolute = std::max(e.max_absolute, error / rms);
      if (std::fabs(exact) >= kRelativeAbove * rms)
        e.max_relative = std::max(e.max_relative, error / std::fabs(exact));
      present += exact != 0.0 ? 1 : 0;
      lost += exact != 0.0 && stored == 0.0 ? 1 : 0;
    }
  }
  e.snr_db =
      noise > 0.0 ? 10.0 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
  e.lost = static_cast<double>(lost) / static_cast<double>(present);
  return e;
}

std::vector<QuantSpec> stored_formats(Operand operand) {
  using enum ScaleScheme;
  const bool weights = operand == Operand::weights;
  const ScaleScheme block = weights ? block_128x128 : row_1x128;
  std::vector<QuantSpec> all = {{Format::fp16, none}, {Format::bf16, none}};
  for (const Format f : {Format::e4m3, Format::e5m2}) {
    all.push_back({f, per_tensor});
    all.push_back({f, block});
    all.push_back({f, block, ScaleType::ue8m0});
    all.push_back({f, mx_32, ScaleType::ue8m0});
  }
  all.push_back({Format::int8, per_tensor});
  all.push_back({Format::int8, per_channel});
  all.push_back({Format::int8, block});
  all.push_back({Format::e2m1, mx_32, ScaleType::ue8m0});
  return all;
}

}  // namespace perfmodel::kernels
