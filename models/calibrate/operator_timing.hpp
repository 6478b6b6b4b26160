// The measured time of one operator with its shape (results/operators/SCHEMA.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/table.hpp"
#include "spec/number_format.hpp"
#include "units/quantity.hpp"

namespace perfmodel::calibrate {

enum class OperatorKind : std::uint8_t {
  gemm,
  batched_gemm,
  grouped_gemm,
  attention_prefill,
  mla_prefill,
  attention_decode,
  mla_decode,
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  send,
  dispatch,
  combine,
  norm,
  softmax,
  activation,
  rope,
  embedding,
  add,
  quantise_scale,
};
inline constexpr std::array<std::string_view, 21> kOperatorNames = {
    "gemm",          "batched_gemm",
    "grouped_gemm",  "attention_prefill",
    "mla_prefill",   "attention_decode",
    "mla_decode",    "all_reduce",
    "all_gather",    "reduce_scatter",
    "all_to_all",    "send",
    "dispatch",      "combine",
    "norm",          "softmax",
    "activation",    "rope",
    "embedding",     "add",
    "quantise_scale"};
constexpr std::string_view name_of(OperatorKind k) {
  return kOperatorNames[static_cast<std::size_t>(k)];
}

/// Whether the time of a product includes the quantisation of its 16-bit activations.
enum class Quantise : std::uint8_t { apart, with_known_scale, with_search_for_scale };

struct OperatorTiming {
  std::string file;
  int line = 0;
  std::string id, source, chip, kernel, flag, note;
  OperatorKind op = OperatorKind::gemm;
  std::optional<spec::Compute> dtype;
  std::optional<spec::Storage> weights, kv;
  Quantise quantise = Quantise::apart;
  // Counts, as the columns of the same name; 0 where they do not apply or are not known. Those that
  // the operator cannot be without are there. Prompts follow on `tokens` cached ones.
  double m = 0, n = 0, k = 0, groups = 0, rows = 0, topk = 0;
  double batch = 0, length = 0, heads = 0, kv_heads = 0, head_dim = 0, v_dim = 0;
  double devices = 0, devices_per_node = 0, tokens = 0;
  Bytes bytes;
  Time time;

  /// Fit for informing a model: nothing speaks against the row.
  bool sound() const { return flag.empty(); }
};

/// A line of sources.csv.
struct OperatorSource {
  std::string file;
  int line = 0;
  std::string id, title, url, date, licence, software, version;
};

/// Reads the canonical columns; a file may leave out those that are empty throughout. Unknown
/// columns and words, numbers that are none or not whole, times that are not positive, heads that
/// do not form groups, and shapes that lack a count are problems.
std::vector<OperatorTiming> read_operator_timings(const Table& table, const std::string& file,
                                                  spec::Diagnostics& diagnostics);

/// Title and licence must be there, a date must be one, and a key must not be there twice.
std::vector<OperatorSource> read_operator_sources(const Table& table, const std::string& file,
                                                  spec::Diagnostics& diagnostics);

}  // namespace perfmodel::calibrate
