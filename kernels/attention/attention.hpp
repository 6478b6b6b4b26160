// Attention over a paged KV cache: of one new token per sequence (decode), and of many (prefill).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention/kv_rows.hpp"
#include "kernels/attention/kv_store.hpp"
#include "kernels/formats/buffer.hpp"
#include "kernels/formats/codes.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

namespace attention_detail {
struct PairTier;
}

/// Keys and values of many sequences in pages of equal size. Formats: BF16, or E4M3 with one FP32
/// scale per token and KV head for keys and one for values.
///
/// MLA (DeepSeek-V2, arXiv 2405.04434, absorbed form): one KV head whose keys are the latent vector
/// and the rotary part, and whose values are the latent vector: `values_in_keys`.
struct KvLayout {
  Format format = Format::bf16;
  std::int64_t kv_heads = 1;
  std::int64_t key_columns = 128;  // multiples of 32
  std::int64_t value_columns = 128;
  std::int64_t page_tokens = 64;  // a multiple of 32
  bool values_in_keys = false;    // values are the first columns of the keys, stored once

  std::int64_t bytes_per_token() const;
};

class KvCache {
 public:
  /// Throws std::invalid_argument for a layout that does not fit the above.
  KvCache(const KvLayout& layout, std::int64_t pages);

  const KvLayout& layout() const { return layout_; }
  std::int64_t pages() const { return pages_; }

  /// Stores one token of one KV head: FP32 values, rounded to BF16, or quantised with the scale
  /// amax / 448. `value` is not used where values are in the keys. NaN has no place in a cache that
  /// is read by fast decoders: throws std::invalid_argument for it.
  void store(std::int64_t page, std::int64_t slot, std::int64_t kv_head, std::span<const float> key,
             std::span<const float> value);

  double key(std::int64_t page, std::int64_t slot, std::int64_t kv_head, std::int64_t column) const;
  double value(std::int64_t page, std::int64_t slot, std::int64_t kv_head,
               std::int64_t column) const;

  /// Throws std::invalid_argument where a sequence is longer than its pages, or has a page that is
  /// not in the cache; the arguments are those of attention_decode.
  void check(std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
             std::span<const std::int64_t> tokens) const;

  /// For kernels: where the rows of a KV head lie, for a sequence with these pages.
  attention_detail::KvRows rows(std::int64_t kv_head, const std::int32_t* pages) const;

 private:
  std::int64_t row(std::int64_t page, std::int64_t slot, std::int64_t kv_head) const {
    return (page * layout_.kv_heads + kv_head) * layout_.page_tokens + slot;
  }
  friend void kv_append(KvCache&, std::span<const std::int64_t>, std::span<const float>,
                        std::int64_t, std::span<const float>, std::int64_t, const Exec&);
  /// Stores one token of one KV head unless there is a NaN in it.
  bool store_unless_nan(std::int64_t row, const float* key, const float* value,
                        const attention_detail::StoreFns& f);
  bool store_row(std::uint8_t* to, float* scale, const float* values, std::int64_t columns,
                 const attention_detail::StoreFns& f) const;
  double read(const std::uint8_t* row, std::int64_t column, float scale) const;

  KvLayout layout_;
  std::int64_t pages_ = 0, key_row_bytes_ = 0, value_row_bytes_ = 0;
  Buffer<std::uint8_t> keys_, values_;  // [page][KV head][token][column]
  Buffer<float> key_scales_, value_scales_;
};

/// Stores tokens of all KV heads, as `KvCache::store` does: token t goes to slot places[t] %
/// page_tokens of page places[t] / page_tokens, no place twice. keys [token][KV head][key column]
/// and values alike, tokens `key_stride` and `value_stride` floats apart; values are not used where
/// they are in the keys. Throws std::invalid_argument as `store` does, and for a tier that it
/// lacks.
void kv_append(KvCache& cache, std::span<const std::int64_t> places, std::span<const float> keys,
               std::int64_t key_stride, std::span<const float> values, std::int64_t value_stride,
               const Exec& exec);

std::vector<Tier> kv_append_tiers();

std::vector<Tier> attention_decode_tiers(Format cache);

/// out [sequence][head][value column] = softmax(scale q K^T) V, in FP32.
/// q [sequence][head][key column]; `heads` query heads in all, a multiple of the KV heads, in the
/// order of their KV heads. Sequence s has tokens[s] tokens in pages[first_page[s]],
/// pages[first_page[s] + 1], ... Throws std::invalid_argument for sizes that do not fit.
void attention_decode(const KvCache& cache, std::span<const float> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const Exec& exec);

std::vector<Tier> attention_decode_bf16_tiers(Format cache);

/// The same for queries in BF16, as accelerators' kernels have it: a tier of BF16 products rounds
/// the weights of the softmax to BF16 too, by up to 2^-8 of each, and takes BF16 subnormals for
/// zero. The other tiers work as above.
void attention_decode(const KvCache& cache, std::span<const std::uint16_t> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const Exec& exec);

/// The same by a tier given by its functions (decode_task.hpp), of whatever machine: for tests.
/// Throws too where the tier does not have the cache's format or the rows do not fit it.
void attention_decode(const KvCache& cache, std::span<const std::uint16_t> q, std::int64_t heads,
                      std::span<const std::int32_t> pages, std::span<const std::int64_t> first_page,
                      std::span<const std::int64_t> tokens, float scale, std::span<float> out,
                      const attention_detail::PairTier& tier, Team& team);

/// The shape by which the descriptor of decode attention prices a call: one whose sequences, of the
/// lengths that the descriptor deals out, have about as many tokens in all.
Shape attention_decode_shape(std::span<const std::int64_t> tokens, std::int64_t kv_heads,
                             std::int64_t group);

std::vector<Tier> attention_prefill_tiers(Format cache);

/// The same for many new tokens per sequence, each of which sees the tokens before it and itself.
/// The last new_tokens[s] of the tokens[s] tokens of sequence s are the new ones; q and out have a
/// row [head][column] for each of them, sequences one after the other. The result of a token does
/// not depend, to the bit, on which others are in the same call.
///
/// There is no tier of BF16 products: it would round the weights of the softmax by 2^-8, and with
/// them split in two halves, to keep the error, little of its speed would remain.
void attention_prefill(const KvCache& cache, std::span<const float> q, std::int64_t heads,
                       std::span<const std::int32_t> pages,
                       std::span<const std::int64_t> first_page,
                       std::span<const std::int64_t> tokens,
                       std::span<const std::int64_t> new_tokens, float scale, std::span<float> out,
                       const Exec& exec);

}  // namespace perfmodel::kernels
