// The table behind Compiled (compiled.hpp): what each form of operator needs to know beside the
// pass. Seconds throughout, by one byte, operation, row or sequence as the names say; `count`
// instances of each row. On an ideal machine
// no bytes spill.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include "phase/compiled.hpp"

namespace perfmodel::phase {

/// Which of a pass's rows an operator works on.
enum class Rows : std::uint8_t { all, logits, experts };

/// Distinct caps on keys, and distinct routings, that a table has room for.
inline constexpr std::size_t kMaxCaps = 8;
inline constexpr std::size_t kMaxRoutings = 4;

/// Elementwise kernels, lookups, sampling: proportional to rows but for what the cache keeps.
struct Streamed {
  Rows rows = Rows::all;
  mapping::Stream stream = mapping::Stream::main;
  double read = 0;     // s a row, from memory in any case
  double touched = 0;  // bytes of activations a row
  double by_byte = 0;  // s
  double vector = 0;   // s a row
  double count = 0;
  bool operator==(const Streamed&) const = default;
};

/// A matrix product, dense or of experts. Rows go to tiles of `tile`, tiles to waves over `cores`
/// (cost/roofline.cpp, padding).
struct Product {
  static constexpr std::size_t kDense = static_cast<std::size_t>(-1);
  std::size_t routing = kDense;
  Rows rows = Rows::all;
  mapping::Stream stream = mapping::Stream::main;
  double row_share = 1;
  double groups = 1;   // dense: products side by side
  double compute = 0;  // s: of a step of `tile` rows in one group; on an ideal machine of a row
  double tile = 1;     // rows
  double columns = 1;  // tiles across
  double by_tall = 1;  // 1 / steps that one tile is tall, a power of two
  double cores = 1;
  double split = 1;  // slices of the inner dimension worth a core each
  double wave_share = 0;
  double weights = 0;         // bytes: of all groups; of one expert
  double touched = 0;         // bytes of activations a row
  double by_byte_single = 0;  // s, when there is but one row
  double by_byte = 0;         // s, of more
  double converted = 0;       // bytes a row that a kernel before it converts
  double by_byte_converted = 0;
  double count = 0;
  bool operator==(const Product&) const = default;
};

/// Attention of any kind: keys met, cache read. Indices are into Program::caps.
struct Scored {
  mapping::Stream stream = mapping::Stream::main;
  std::size_t keys = 0, more_keys = 0;
  double more_share = 0;  // keys = keys(first) + more_share * keys(second)
  double by_score = 0;    // s of matrix work a row and key
  double by_cached = 0;   // s a sequence and token of cached(whole)
  double by_row = 0;      // s a row
  double by_chunk = 0;    // s a row and token of its chunk
  double chunk = 0;       // tokens at most
  double ramp = 0;
  double vector = 0;      // s a row and key
  std::size_t whole = 0;  // bytes read a sequence: whole_bytes * cached(whole)
  double whole_bytes = 0;
  std::size_t any = 0, each = 0;  // + picked_bytes * min(cached(any), tokens * cached(each))
  double picked_bytes = 0;
  double token_bytes = 0;  // written by a new token
  double fixed_bytes = 0;
  double touched = 0;  // bytes of activations a row
  double by_byte = 0;
  double count = 0;
  bool operator==(const Scored&) const = default;
};

/// Messages whose time is the least of lines in the rows, all of one stream together.
struct Linked {
  Rows rows = Rows::all;
  mapping::Stream stream = mapping::Stream::main;
  cost::Lines lines;
};

/// What context-parallel ranks exchange: the least of lines in the tokens of their contexts, and of
/// lines in the rows. The latter alone in decoding.
struct Gathered {
  mapping::Stream stream = mapping::Stream::exchange;
  std::size_t whole = 0;  // of Program::caps
  cost::Lines cache, queries;
  bool moves_cache = false;
  bool moves_queries = false;
};

/// Dispatch and combine: proportional to the rows that the hottest rank gets.
struct Exchanged {
  static constexpr std::size_t kEven = static_cast<std::size_t>(-1);  // no rank is hotter
  std::size_t routing = kEven;
  mapping::Stream stream = mapping::Stream::exchange;
  double by_row = 0;  // s
  double count = 0;
  bool operator==(const Exchanged&) const = default;
};

/// How tokens meet experts: which a rank gets, and how many experts at least one token chose.
struct Routing {
  double topk = 1;
  double ranks = 1;
  double varying = 1;  // ranks over which the load varies
  double local = 0;    // experts on the device; none where only the load is asked for
  double token_share = 1;
  double log_miss = 0;
  bool operator==(const Routing&) const = default;
};

/// Operators of no known form.
struct Unfolded {
  mapping::Term term;
  double count = 0;
};

struct Program {
  std::array<double, 3> constant{};  // s, by stream
  std::vector<Streamed> streamed;
  std::vector<Product> products;
  std::vector<Scored> scored;
  std::vector<Linked> linked;
  std::vector<Gathered> gathered;
  std::vector<Exchanged> exchanged;
  std::vector<Routing> routings;
  std::vector<double> caps;  // infinite for the whole context
  std::vector<Unfolded> unfolded;
};

struct Table {
  cost::Machine machine;
  std::array<cost::Route, mapping::kGroups> routes{};
  Program prefill, decode, draft;
  bool drafting = false;
  double split = 1;           // groups that share each sequence
  double prefill_layers = 0;  // s of software, by layer
  double decode_layers = 0;
  double stage_excess = 1;
};

/// Folds the terms of `plan` that are `draft` or not into a program for passes of `phase`, their
/// counts times `times`.
Program fold(const Plan& plan, const cost::Machine& machine, ops::Phase phase, bool draft,
             double times);

/// Seconds by stream.
struct Totals {
  alignas(64) std::array<Lane, 3> stream;
};

/// Adds the time of the program's operators in each of passes[0..n) to `totals`; n is a multiple of
/// kLaneStep. `unfolded` terms are left to the caller.
inline constexpr std::size_t kLaneStep = 8;
void run(const Program& program, const cost::Machine& machine, const Passes& passes, std::size_t n,
         Totals& totals);

}  // namespace perfmodel::phase
