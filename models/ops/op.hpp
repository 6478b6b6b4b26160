// Operators: what a pass asks of the hardware, before any hardware is chosen. One file per operator
// holds its arguments, its cost formula and its descriptor; registry.cpp lists the descriptors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "ops/pass.hpp"
#include "spec/number_format.hpp"
#include "units/quantity.hpp"

namespace perfmodel::ops {

/// Groups of operators whose kernels reach similar shares of the roofs.
enum class OpClass : std::uint8_t {
  gemm,
  grouped_gemm,
  attention_prefill,
  attention_decode,
  vector,
  link
};
inline constexpr std::array<std::string_view, 6> kOpClassNames = {
    "gemm", "grouped_gemm", "attention_prefill", "attention_decode", "vector", "link"};
constexpr std::string_view name_of(OpClass c) {
  return kOpClassNames[static_cast<std::size_t>(c)];
}

enum class Pattern : std::uint8_t {
  none,
  all_reduce,
  all_gather,
  reduce_scatter,
  dispatch,
  combine,
  send,
  context
};
inline constexpr std::array<std::string_view, 8> kPatternNames = {
    "none", "all_reduce", "all_gather", "reduce_scatter", "dispatch", "combine", "send", "context"};
constexpr std::string_view name_of(Pattern p) {
  return kPatternNames[static_cast<std::size_t>(p)];
}

/// A message of one device. For all_reduce, all_gather and reduce_scatter `bytes` is the full
/// buffer (the gathered or unreduced size). For dispatch and combine it is the size of one token's
/// payload; `tokens` are sent by the device, each to `fanout` experts. For context it is the cache
/// of all ranks, gathered in one round, or `queries` of all ranks with their results, out in one
/// round and back in another: whichever takes less, zero where it is not to be had.
struct Message {
  Pattern pattern = Pattern::none;
  Bytes bytes{};
  double tokens = 0;
  double fanout = 0;
  Bytes queries{};

  /// What moves, of context the smaller.
  Bytes buffer() const {
    return queries.base() <= 0 || (bytes.base() > 0 && bytes < queries) ? bytes : queries;
  }
};

/// Work of one device in one instance of the operator. All amounts are per device, exact, without
/// padding: what tiles, waves and hot ranks add is the cost model's business.
struct OpCost {
  Ops matrix{};
  Ops vector{};
  Bytes weights{};
  Bytes kv{};
  Bytes activations{};
  Message message{};
  // Output geometry of matrix work, zero where it has none: `groups` independent products of `rows`
  // x `columns` with inner width `depth`.
  double groups = 0;
  double rows = 0;
  double columns = 0;
  double depth = 0;
  double launches = 1;  // kernels
  double keys = 0;      // mean keys per query, of attention
  bool narrow = false;  // the cache has about one byte an element
  std::optional<spec::Compute> packed =
      {};                 // type of four-bit weights that the product widens to its own
  bool widened = false;   // weights are stored narrower than they are multiplied
  bool converts = false;  // activations are quantised by a kernel of their own first
  // Work routed to experts: mean assignments per expert rank, and over how many ranks the load
  // varies.
  double expert_load = 0;
  double expert_ranks = 1;

  Bytes bytes() const { return weights + kv + activations; }
};

struct OpKind;

/// An operator with its arguments, as plain data: the arguments' type is known to the kind alone.
class Op {
 public:
  static constexpr std::size_t kCapacity = 112;

  const OpKind& kind() const { return *kind_; }
  std::string_view name() const { return name_; }
  template <class Args>
  const Args& args() const {
    static_assert(std::is_trivially_copyable_v<Args> && sizeof(Args) <= kCapacity);
    return *std::launder(reinterpret_cast<const Args*>(storage_.data()));
  }
  OpCost cost(const Pass& pass) const;

  template <class Args>
  static Op make(const OpKind& kind, std::string_view name, const Args& args) {
    static_assert(std::is_trivially_copyable_v<Args> && sizeof(Args) <= kCapacity);
    Op op;
    op.kind_ = &kind;
    op.name_ = name;
    ::new (static_cast<void*>(op.storage_.data())) Args(args);
    return op;
  }

 private:
  const OpKind* kind_ = nullptr;
  std::string_view name_;  // of static storage
  alignas(8) std::array<std::byte, kCapacity> storage_{};
};

struct OpKind {
  std::string_view id;       // "gemm"
  std::string_view formula;  // what it counts, in words, for `--explain` and the docs
  OpClass prefill_class;
  OpClass decode_class;
  /// Adds the work of `op` in `pass` to a zeroed cost.
  void (*cost)(const Op& op, const Pass& pass, OpCost& cost) noexcept;
  /// A small instance, so that tests can exercise every registered operator.
  Op (*sample)();

  OpClass op_class(Phase phase) const {
    return phase == Phase::prefill ? prefill_class : decode_class;
  }
};

inline OpCost Op::cost(const Pass& pass) const {
  OpCost c;
  kind_->cost(*this, pass, c);
  return c;
}

}  // namespace perfmodel::ops
