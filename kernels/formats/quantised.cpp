#include "kernels/formats/quantised.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace perfmodel::kernels {

namespace {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

bool needs_scale(Format f) {
  return f != Format::fp16 && f != Format::bf16;
}

/// Whether a code of `bits` bits without its sign, the highest, is above `largest`: then the sum
/// with what takes `largest` to the largest magnitude reaches the sign's place. Eight bytes at a
/// time, as weights of a hundred megabytes are asked.
bool any_above(std::span<const std::uint8_t> codes, unsigned bits, std::uint64_t largest) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  std::uint64_t ones = 1;
  for (unsigned at = bits; at < 64; at += bits) ones |= std::uint64_t{1} << at;
  std::uint64_t above = 0;
  for (std::size_t i = 0; i + sizeof above <= codes.size(); i += sizeof above) {
    std::uint64_t word = 0;
    std::memcpy(&word, codes.data() + i, sizeof word);
    above |= (word & ones * (sign - 1)) + ones * (sign - 1 - largest);
  }
  return (above & ones * sign) != 0;
}

}  // namespace

std::string name_of(const QuantSpec& spec) {
  std::string name(name_of(spec.format));
  if (spec.scheme == ScaleScheme::none) return name;
  name += '/';
  name += name_of(spec.scheme);
  if (spec.scale_type == ScaleType::ue8m0 && spec.scheme != ScaleScheme::mx_32) name += "-ue8m0";
  return name;
}

Quantised::Quantised(const QuantSpec& spec, std::int64_t rows, std::int64_t columns)
    : spec_(spec), rows_(rows), columns_(columns) {
  if (rows < 0 || columns < 0) throw std::invalid_argument("matrix of negative size");
  if (spec.format == Format::fp32) throw std::invalid_argument("FP32 is not a quantised format");
  if (needs_scale(spec.format) == (spec.scheme == ScaleScheme::none))
    throw std::invalid_argument("scales are for FP8, INT8 and E2M1, and those need them");
  if (spec.scheme == ScaleScheme::mx_32 && spec.scale_type != ScaleType::ue8m0)
    throw std::invalid_argument("MX scales are UE8M0");
  padded_columns_ = ceil_div(columns, kColumnPad) * kColumnPad;
  codes_ = Buffer<std::uint8_t>(static_cast<std::size_t>(rows * row_bytes()));
  if (spec.scheme == ScaleScheme::none || rows == 0 || columns == 0) return;
  scale_rows_ = ceil_div(rows, spec.rows_per_scale(rows));
  scale_columns_ = padded_columns_ / spec.columns_per_scale(padded_columns_);
  const auto count = static_cast<std::size_t>(scale_rows_ * scale_columns_);
  if (spec.scale_type == ScaleType::ue8m0) {
    exponents_.assign(count, 127);
  } else {
    scales_.assign(count, 1.0F);
  }
}

std::int64_t Quantised::bytes() const {
  return rows_ * row_bytes() + static_cast<std::int64_t>(scales_.size() * sizeof(float)) +
         static_cast<std::int64_t>(exponents_.size());
}

std::uint16_t Quantised::code(std::int64_t r, std::int64_t c) const {
  const std::uint8_t* p = row(r);
  switch (bits_of(spec_.format)) {
    case 16: {
      std::uint16_t code = 0;
      std::memcpy(&code, p + 2 * c, sizeof code);
      return code;
    }
    case 4:
      return static_cast<std::uint16_t>((p[c / 2] >> (4 * (c % 2))) & 0xF);
    default:
      return p[c];
  }
}

void Quantised::set_code(std::int64_t r, std::int64_t c, std::uint16_t code) {
  std::uint8_t* p = row(r);
  switch (bits_of(spec_.format)) {
    case 16:
      std::memcpy(p + 2 * c, &code, sizeof code);
      return;
    case 4: {
      const auto shift = static_cast<unsigned>(4 * (c % 2));
      const unsigned others = p[c / 2] & ~(0xFU << shift);
      p[c / 2] = static_cast<std::uint8_t>(others | ((code & 0xFU) << shift));
      return;
    }
    default:
      p[c] = static_cast<std::uint8_t>(code);
  }
}

float Quantised::scale(std::int64_t r, std::int64_t c) const {
  if (spec_.scheme == ScaleScheme::none) return 1.0F;
  const std::int64_t sr = r / spec_.rows_per_scale(rows_);
  const std::int64_t sc = c / spec_.columns_per_scale(padded_columns_);
  const auto i = static_cast<std::size_t>(sr * scale_columns_ + sc);
  return spec_.scale_type == ScaleType::ue8m0 ? ue8m0_to_float(exponents_[i]) : scales_[i];
}

void Quantised::set_scale(std::int64_t scale_row, std::int64_t scale_column, float scale) {
  const auto i = static_cast<std::size_t>(scale_row * scale_columns_ + scale_column);
  if (spec_.scale_type == ScaleType::ue8m0) {
    exponents_[i] = float_to_ue8m0(scale, ScaleRounding::nearest);
  } else {
    scales_[i] = scale;
  }
}

double Quantised::value(std::int64_t r, std::int64_t c) const {
  return static_cast<double>(decode(spec_.format, code(r, c))) * static_cast<double>(scale(r, c));
}

Quantised Quantised::clone() const {
  Quantised q(spec_, rows_, columns_);
  std::copy(codes_.begin(), codes_.end(), q.codes_.begin());
  q.scales_ = scales_;
  q.exponents_ = exponents_;
  return q;
}

bool Quantised::has_nan() const {
  switch (spec_.format) {
    case Format::e4m3:
      return any_above(codes_.span(), 8, 0x7E);
    case Format::e5m2:
      return any_above(codes_.span(), 8, 0x7C);
    case Format::fp16:
      return any_above(codes_.span(), 16, 0x7C00);
    case Format::bf16:
      return any_above(codes_.span(), 16, 0x7F80);
    default:
      return false;  // have none
  }
}

float block_scale(const QuantSpec& spec, float amax) {
  amax = std::min(amax, FLT_MAX);
  if (spec.scale_type == ScaleType::fp32) return std::max(amax / max_of(spec.format), FLT_MIN);
  if (spec.rounding == ScaleRounding::down) {
    // floor(log2(amax)) - emax, by the exponent field: exact, and no scale below 2^-126.
    const int exponent = amax < FLT_MIN ? -126 : std::ilogb(amax);
    return power_of_two(std::max(exponent - max_exponent_of(spec.format), -126));
  }
  const std::uint8_t code = float_to_ue8m0(amax / max_of(spec.format), spec.rounding);
  return std::max(ue8m0_to_float(code), FLT_MIN);
}

Quantised quantise(const QuantSpec& spec, std::span<const float> values, std::int64_t rows,
                   std::int64_t columns) {
  Quantised q(spec, rows, columns);
  if (static_cast<std::int64_t>(values.size()) != rows * columns)
    throw std::invalid_argument("the number of values is not rows times columns");
  if (spec.scheme == ScaleScheme::none) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c)
        q.set_code(r, c, encode(spec.format, values[static_cast<std::size_t>(r * columns + c)]));
    }
    return q;
  }
  const std::int64_t height = spec.rows_per_scale(rows);
  const std::int64_t width = spec.columns_per_scale(q.padded_columns());
  for (std::int64_t sr = 0; sr < q.scale_rows(); ++sr) {
    for (std::int64_t sc = 0; sc < q.scale_columns(); ++sc) {
      const std::int64_t r1 = std::min(rows, (sr + 1) * height);
      const std::int64_t c1 = std::min(columns, (sc + 1) * width);
      float amax = 0.0F;
      for (std::int64_t r = sr * height; r < r1; ++r) {
        for (std::int64_t c = sc * width; c < c1; ++c)
          amax = std::fmax(amax, std::fabs(values[static_cast<std::size_t>(r * columns + c)]));
      }
      const float scale = block_scale(spec, amax);
      q.set_scale(sr, sc, scale);
      const float inverse = 1.0F / scale;
      for (std::int64_t r = sr * height; r < r1; ++r) {
        for (std::int64_t c = sc * width; c < c1; ++c) {
          const float v = values[static_cast<std::size_t>(r * columns + c)] * inverse;
          q.set_code(r, c, encode(spec.format, v));
        }
      }
    }
  }
  return q;
}

std::vector<float> dequantise(const Quantised& q) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(q.rows() * q.columns()));
  for (std::int64_t r = 0; r < q.rows(); ++r) {
    for (std::int64_t c = 0; c < q.columns(); ++c)
      values.push_back(decode(q.spec().format, q.code(r, c)) * q.scale(r, c));
  }
  return values;
}

}  // namespace perfmodel::kernels
