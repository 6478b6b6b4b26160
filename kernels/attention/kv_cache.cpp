#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "kernels/attention/attention.hpp"
#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {

std::int64_t KvLayout::bytes_per_token() const {
  const std::int64_t scales = format == Format::e4m3 ? 4 * (values_in_keys ? 1 : 2) : 0;
  const std::int64_t columns = key_columns + (values_in_keys ? 0 : value_columns);
  return kv_heads * (columns * bits_of(format) / 8 + scales);
}

KvCache::KvCache(const KvLayout& layout, std::int64_t pages)
    : layout_(layout),
      pages_(pages),
      key_row_bytes_(layout.key_columns * bits_of(layout.format) / 8),
      value_row_bytes_(layout.values_in_keys ? key_row_bytes_
                                             : layout.value_columns * bits_of(layout.format) / 8) {
  const auto positive_multiple = [](std::int64_t n, std::int64_t of) {
    return n > 0 && n % of == 0;
  };
  if ((layout.format != Format::bf16 && layout.format != Format::e4m3) || layout.kv_heads < 1 ||
      !positive_multiple(layout.key_columns, 32) || !positive_multiple(layout.value_columns, 32) ||
      !positive_multiple(layout.page_tokens, 32) || pages < 0 ||
      (layout.values_in_keys && layout.value_columns > layout.key_columns))
    throw std::invalid_argument("KV cache: no such layout");
  const auto rows = static_cast<std::size_t>(pages * layout.kv_heads * layout.page_tokens);
  keys_ = Buffer<std::uint8_t>(rows * static_cast<std::size_t>(key_row_bytes_));
  if (!layout.values_in_keys)
    values_ = Buffer<std::uint8_t>(rows * static_cast<std::size_t>(value_row_bytes_));
  if (layout.format != Format::e4m3) return;
  key_scales_ = Buffer<float>(rows);
  if (!layout.values_in_keys) value_scales_ = Buffer<float>(rows);
}

void KvCache::store_row(std::uint8_t* to, float* scale, std::span<const float> values) {
  float amax = 0.0F;
  for (const float v : values) {
    if (std::isnan(v)) throw std::invalid_argument("KV cache: NaN");
    amax = std::max(amax, std::fabs(v));
  }
  float inverse = 1.0F;
  if (scale != nullptr) {
    *scale = block_scale({Format::e4m3, ScaleScheme::per_channel, ScaleType::fp32}, amax);
    inverse = 1.0F / *scale;
  }
  for (std::size_t c = 0; c < values.size(); ++c) {
    const std::uint16_t code = encode(layout_.format, values[c] * inverse);
    if (layout_.format == Format::bf16) {
      to[2 * c] = static_cast<std::uint8_t>(code & 0xFF);
      to[2 * c + 1] = static_cast<std::uint8_t>(code >> 8);
    } else {
      to[c] = static_cast<std::uint8_t>(code);
    }
  }
}

void KvCache::store(std::int64_t page, std::int64_t slot, std::int64_t kv_head,
                    std::span<const float> key, std::span<const float> value) {
  if (page < 0 || page >= pages_ || slot < 0 || slot >= layout_.page_tokens || kv_head < 0 ||
      kv_head >= layout_.kv_heads || static_cast<std::int64_t>(key.size()) != layout_.key_columns ||
      (!layout_.values_in_keys && static_cast<std::int64_t>(value.size()) != layout_.value_columns))
    throw std::invalid_argument("KV cache: no such place, or a row of another size");
  const std::int64_t r = row(page, slot, kv_head);
  const auto at = static_cast<std::size_t>(r);
  const bool scaled = layout_.format == Format::e4m3;
  store_row(keys_.data() + r * key_row_bytes_, scaled ? &key_scales_[at] : nullptr, key);
  if (!layout_.values_in_keys)
    store_row(values_.data() + r * value_row_bytes_, scaled ? &value_scales_[at] : nullptr, value);
}

double KvCache::read(const std::uint8_t* row, std::int64_t column, float scale) const {
  const std::uint16_t code =
      layout_.format == Format::bf16
          ? static_cast<std::uint16_t>(row[2 * column] | (row[2 * column + 1] << 8))
          : row[column];
  return static_cast<double>(decode(layout_.format, code)) * static_cast<double>(scale);
}

double KvCache::key(std::int64_t page, std::int64_t slot, std::int64_t kv_head,
                    std::int64_t column) const {
  const std::int64_t r = row(page, slot, kv_head);
  const float scale = key_scales_.size() > 0 ? key_scales_[static_cast<std::size_t>(r)] : 1.0F;
  return read(keys_.data() + r * key_row_bytes_, column, scale);
}

double KvCache::value(std::int64_t page, std::int64_t slot, std::int64_t kv_head,
                      std::int64_t column) const {
  if (layout_.values_in_keys) return key(page, slot, kv_head, column);
  const std::int64_t r = row(page, slot, kv_head);
  const float scale = value_scales_.size() > 0 ? value_scales_[static_cast<std::size_t>(r)] : 1.0F;
  return read(values_.data() + r * value_row_bytes_, column, scale);
}

void KvCache::check(std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                    std::span<const std::int64_t> tokens) const {
  if (first_page.size() != tokens.size())
    throw std::invalid_argument("attention: the sizes do not fit");
  for (std::size_t s = 0; s < tokens.size(); ++s) {
    const std::int64_t used = (tokens[s] + layout_.page_tokens - 1) / layout_.page_tokens;
    if (tokens[s] < 0 || first_page[s] < 0 ||
        first_page[s] + used > static_cast<std::int64_t>(pages.size()))
      throw std::invalid_argument("attention: a sequence is longer than its pages");
    for (std::int64_t i = first_page[s]; i < first_page[s] + used; ++i) {
      const std::int32_t page = pages[static_cast<std::size_t>(i)];
      if (page < 0 || page >= pages_) throw std::invalid_argument("attention: no such page");
    }
  }
}

attention_detail::KvRows KvCache::rows(std::int64_t kv_head, const std::int32_t* pages) const {
  attention_detail::KvRows r{};
  const std::int64_t first = kv_head * layout_.page_tokens;
  r.key_columns = layout_.key_columns;
  r.value_columns = layout_.value_columns;
  r.pages = pages;
  r.page_tokens = layout_.page_tokens;
  r.key_row_bytes = key_row_bytes_;
  r.value_row_bytes = value_row_bytes_;
  r.scale_page = layout_.kv_heads * layout_.page_tokens;
  r.key_page_bytes = r.scale_page * key_row_bytes_;
  r.value_page_bytes = r.scale_page * value_row_bytes_;
  r.keys = keys_.data() + first * key_row_bytes_;
  r.values = layout_.values_in_keys ? r.keys : values_.data() + first * value_row_bytes_;
  if (layout_.format == Format::e4m3) {
    r.key_scales = key_scales_.data() + first;
    r.value_scales = layout_.values_in_keys ? r.key_scales : value_scales_.data() + first;
  }
  return r;
}

}  // namespace perfmodel::kernels
