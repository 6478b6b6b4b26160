#include <algorithm>
#include <atomic>
#include <bit>
#include <stdexcept>

#include "kernels/attention/attention.hpp"
#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {

using attention_detail::StoreFns;

namespace {

StoreFns find_store(Tier tier) {
  switch (tier) {
    case Tier::scalar:
      return attention_detail::find_store_scalar();
    case Tier::portable:
      return attention_detail::find_store_portable();
#if defined(__x86_64__)
    case Tier::avx2:
      return attention_detail::find_store_avx2();
    case Tier::avx512:
      return attention_detail::find_store_avx512();
#endif
    default:
      return {nullptr, nullptr};
  }
}

}  // namespace

std::vector<Tier> kv_append_tiers() {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (find_store(static_cast<Tier>(i)).encode != nullptr) tiers.push_back(static_cast<Tier>(i));
  }
  return tiers;
}

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

bool KvCache::store_row(std::uint8_t* to, float* scale, const float* values, std::int64_t columns,
                        const StoreFns& f) const {
  float amax = 0.0F;
  if (!f.largest(values, columns, &amax)) return false;
  if (layout_.format == Format::e4m3) {
    *scale = block_scale({Format::e4m3, ScaleScheme::per_channel, ScaleType::fp32}, amax);
    f.encode(values, columns, *scale, to);
    return true;
  }
  for (std::int64_t c = 0; c < columns; ++c) {
    // To nearest even, as encode(Format::bf16) does, in a form that compilers vectorise.
    const auto bits = std::bit_cast<std::uint32_t>(values[c]);
    const std::uint32_t code = (bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16;
    to[2 * c] = static_cast<std::uint8_t>(code & 0xFF);
    to[2 * c + 1] = static_cast<std::uint8_t>(code >> 8);
  }
  return true;
}

bool KvCache::store_unless_nan(std::int64_t row, const float* key, const float* value,
                               const StoreFns& f) {
  const auto at = static_cast<std::size_t>(row);
  const bool scaled = layout_.format == Format::e4m3;
  const bool keys_stored =
      store_row(keys_.data() + row * key_row_bytes_, scaled ? &key_scales_[at] : nullptr, key,
                layout_.key_columns, f);
  if (layout_.values_in_keys) return keys_stored;
  return store_row(values_.data() + row * value_row_bytes_, scaled ? &value_scales_[at] : nullptr,
                   value, layout_.value_columns, f) &&
         keys_stored;
}

void KvCache::store(std::int64_t page, std::int64_t slot, std::int64_t kv_head,
                    std::span<const float> key, std::span<const float> value) {
  if (page < 0 || page >= pages_ || slot < 0 || slot >= layout_.page_tokens || kv_head < 0 ||
      kv_head >= layout_.kv_heads || static_cast<std::int64_t>(key.size()) != layout_.key_columns ||
      (!layout_.values_in_keys && static_cast<std::int64_t>(value.size()) != layout_.value_columns))
    throw std::invalid_argument("KV cache: no such place, or a row of another size");
  if (!store_unless_nan(row(page, slot, kv_head), key.data(), value.data(),
                        attention_detail::find_store_scalar()))
    throw std::invalid_argument("KV cache: NaN");
}

void kv_append(KvCache& cache, std::span<const std::int64_t> places, std::span<const float> keys,
               std::int64_t key_stride, std::span<const float> values, std::int64_t value_stride,
               const Exec& exec) {
  const KvLayout& l = cache.layout();
  const StoreFns f = find_store(exec.tier);
  if (f.encode == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("KV cache: no such tier on this machine");
  const auto tokens = static_cast<std::int64_t>(places.size());
  const auto fits = [&](std::span<const float> rows, std::int64_t stride, std::int64_t columns) {
    return stride >= l.kv_heads * columns &&
           static_cast<std::int64_t>(rows.size()) >= (tokens - 1) * stride + l.kv_heads * columns;
  };
  if (tokens > 0 && (!fits(keys, key_stride, l.key_columns) ||
                     (!l.values_in_keys && !fits(values, value_stride, l.value_columns))))
    throw std::invalid_argument("KV cache: the sizes do not fit");
  for (const std::int64_t p : places) {
    if (p < 0 || p >= cache.pages() * l.page_tokens)
      throw std::invalid_argument("KV cache: no such place");
  }
  std::atomic<bool> stored{true};
  exec.team.for_pieces(tokens, 8, [&](std::int64_t begin, std::int64_t end, int) noexcept {
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t place = places[static_cast<std::size_t>(t)];
      for (std::int64_t h = 0; h < l.kv_heads; ++h) {
        const std::int64_t row = cache.row(place / l.page_tokens, place % l.page_tokens, h);
        const float* value =
            l.values_in_keys ? nullptr : values.data() + t * value_stride + h * l.value_columns;
        if (!cache.store_unless_nan(row, keys.data() + t * key_stride + h * l.key_columns, value,
                                    f))
          stored = false;
      }
    }
  });
  if (!stored) throw std::invalid_argument("KV cache: NaN");
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
