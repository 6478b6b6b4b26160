#include "calibrate/operator_timing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "calibrate/columns.hpp"
#include "spec/date.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::calibrate {
namespace {

struct CountColumn {
  std::string_view name;
  double OperatorTiming::*member;
};
constexpr std::array<CountColumn, 15> kCounts = {
    {{"m", &OperatorTiming::m},
     {"n", &OperatorTiming::n},
     {"k", &OperatorTiming::k},
     {"groups", &OperatorTiming::groups},
     {"rows", &OperatorTiming::rows},
     {"topk", &OperatorTiming::topk},
     {"batch", &OperatorTiming::batch},
     {"length", &OperatorTiming::length},
     {"heads", &OperatorTiming::heads},
     {"kv_heads", &OperatorTiming::kv_heads},
     {"head_dim", &OperatorTiming::head_dim},
     {"v_dim", &OperatorTiming::v_dim},
     {"devices", &OperatorTiming::devices},
     {"devices_per_node", &OperatorTiming::devices_per_node},
     {"tokens", &OperatorTiming::tokens}}};

constexpr std::array<std::string_view, 28> kTimingColumns = {"id",
                                                             "source",
                                                             "chip",
                                                             "op",
                                                             "kernel",
                                                             "dtype",
                                                             "weight_dtype",
                                                             "kv_dtype",
                                                             "quantise",
                                                             "m",
                                                             "n",
                                                             "k",
                                                             "groups",
                                                             "rows",
                                                             "topk",
                                                             "batch",
                                                             "length",
                                                             "heads",
                                                             "kv_heads",
                                                             "head_dim",
                                                             "v_dim",
                                                             "devices",
                                                             "devices_per_node",
                                                             "bytes",
                                                             "tokens",
                                                             "time_us",
                                                             "flag",
                                                             "note"};
constexpr std::array<std::string_view, 6> kNeeded = {"id", "source",  "chip",
                                                     "op", "time_us", "flag"};
constexpr std::array<std::string_view, 7> kSourceColumns = {
    "source", "title", "url", "date", "licence", "software", "software_version"};
constexpr std::array<std::string_view, 3> kQuantiseNames = {"", "static", "dynamic"};

/// Columns that an operator cannot be without.
std::span<const std::string_view> needs(OperatorKind op) {
  using enum OperatorKind;
  static constexpr std::array<std::string_view, 5> product = {"dtype", "weight_dtype", "m", "n",
                                                              "k"};
  static constexpr std::array<std::string_view, 6> group = {"dtype", "weight_dtype", "m", "n",
                                                            "k",     "groups"};
  static constexpr std::array<std::string_view, 8> attention = {
      "dtype", "kv_dtype", "batch", "length", "heads", "kv_heads", "head_dim", "v_dim"};
  static constexpr std::array<std::string_view, 2> collective = {"devices", "bytes"};
  static constexpr std::array<std::string_view, 5> exchange = {"dtype", "n", "topk", "devices",
                                                               "tokens"};
  static constexpr std::array<std::string_view, 2> vector = {"tokens", "n"};
  switch (op) {
    case gemm:
      return product;
    case batched_gemm:
    case grouped_gemm:
      return group;
    case attention_prefill:
    case attention_decode:
      return std::span(attention).first(7);
    case mla_prefill:
    case mla_decode:
      return attention;
    case all_reduce:
    case all_gather:
    case reduce_scatter:
    case all_to_all:
    case send:
      return collective;
    case dispatch:
    case combine:
      return exchange;
    case norm:
    case softmax:
    case activation:
    case rope:
    case embedding:
    case add:
    case quantise_scale:
      return vector;
  }
  return {};
}

std::optional<double> positive_number(std::string_view s) {
  const auto v = entire_number<double>(s);
  return v && std::isfinite(*v) && *v > 0 ? v : std::nullopt;
}

class Row {
 public:
  Row(const Columns& columns, const Table::Row& row, const std::string& file,
      spec::Diagnostics& diagnostics)
      : columns_(columns), row_(row), file_(file), diagnostics_(diagnostics) {}

  void problem(std::string_view column, std::string message, std::string hint = {}) const {
    diagnostics_.add(
        {file_, {row_.line, 1}, std::string(column), std::move(message), std::move(hint)});
  }

  /// Empty where the file has no such column.
  std::string_view text(std::string_view column) const {
    const auto at = columns_.find(column);
    return at == columns_.end() ? std::string_view() : std::string_view(row_.fields[at->second]);
  }

  std::string_view word(std::string_view column) const {
    const auto s = text(column);
    if (s.empty()) problem(column, "is empty");
    return s;
  }

  double count(std::string_view column) const {
    const auto s = text(column);
    if (s.empty()) return 0;
    constexpr double most = 1e15;  // whole numbers are exact up to here, with room for sums
    const auto v = positive_number(s);
    if (v && *v <= most && *v == std::floor(*v)) return *v;
    problem(column, fmt::format("'{}' is not a whole number above zero", s));
    return 0;
  }

  /// The position of a word in a list.
  std::optional<std::size_t> choice(std::string_view column,
                                    const std::vector<std::string_view>& known) const {
    const auto s = text(column);
    const auto at = std::find(known.begin(), known.end(), s);
    if (at != known.end()) return static_cast<std::size_t>(at - known.begin());
    if (!s.empty())
      problem(column, fmt::format("unknown word '{}'", s), spec::nearest_hint(s, known));
    return std::nullopt;
  }

 private:
  const Columns& columns_;
  const Table::Row& row_;
  const std::string& file_;
  spec::Diagnostics& diagnostics_;
};

template <class E>
std::vector<std::string_view> names(const std::vector<std::pair<std::string_view, E>>& options) {
  std::vector<std::string_view> r;
  for (const auto& o : options) r.push_back(o.first);
  return r;
}

template <class E>
std::optional<E> typed(std::optional<std::size_t> position) {
  if (!position) return std::nullopt;
  return static_cast<E>(*position);
}

/// Word lists, made once for all rows.
struct Words {
  std::vector<std::string_view> ops{kOperatorNames.begin(), kOperatorNames.end()};
  std::vector<std::string_view> compute = names(spec::compute_options());
  std::vector<std::string_view> storage = names(spec::storage_options());
  std::vector<std::string_view> quantise{kQuantiseNames.begin(), kQuantiseNames.end()};
};

void check_shape(const OperatorTiming& t, const Row& r) {
  for (const auto column : needs(t.op))
    if (r.text(column).empty())
      r.problem(column, fmt::format("is empty, and {} has no shape without it", name_of(t.op)));
  if (t.kv_heads > 0 && std::fmod(t.heads, t.kv_heads) != 0)
    r.problem("kv_heads",
              fmt::format("{} heads do not form {} groups of one size", t.heads, t.kv_heads));
  if (t.devices_per_node > t.devices)
    r.problem("devices_per_node", fmt::format("{} in one node are more than the {} that take part",
                                              t.devices_per_node, t.devices));
}

}  // namespace

std::vector<OperatorTiming> read_operator_timings(const Table& table, const std::string& file,
                                                  spec::Diagnostics& diagnostics) {
  const auto columns = read_header(table, file, kTimingColumns, kNeeded, diagnostics);
  if (!columns) return {};
  const Words words;
  std::vector<OperatorTiming> out;
  out.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    const Row r(*columns, row, file, diagnostics);
    OperatorTiming t;
    t.file = file;
    t.line = row.line;
    t.id = r.word("id");
    t.source = r.word("source");
    t.chip = r.word("chip");
    t.kernel = r.text("kernel");
    t.flag = r.text("flag");
    t.note = r.text("note");
    t.dtype = typed<spec::Compute>(r.choice("dtype", words.compute));
    t.weights = typed<spec::Storage>(r.choice("weight_dtype", words.storage));
    t.kv = typed<spec::Storage>(r.choice("kv_dtype", words.storage));
    t.quantise = typed<Quantise>(r.choice("quantise", words.quantise)).value_or(Quantise::apart);
    for (const auto& c : kCounts) t.*c.member = r.count(c.name);
    t.bytes = Bytes::from_base(r.count("bytes"));
    const auto time = positive_number(r.text("time_us"));
    if (!time)
      r.problem("time_us", fmt::format("'{}' is not a positive number", r.text("time_us")));
    t.time = Time::from_base(time.value_or(0) * 1e-6);
    const auto op =
        typed<OperatorKind>(r.word("op").empty() ? std::nullopt : r.choice("op", words.ops));
    if (!op || !time) continue;
    t.op = *op;
    check_shape(t, r);
    out.push_back(std::move(t));
  }
  return out;
}

std::vector<OperatorSource> read_operator_sources(const Table& table, const std::string& file,
                                                  spec::Diagnostics& diagnostics) {
  const auto columns = read_header(table, file, kSourceColumns, kSourceColumns, diagnostics);
  if (!columns) return {};
  std::vector<OperatorSource> out;
  for (const auto& row : table.rows) {
    const Row r(*columns, row, file, diagnostics);
    OperatorSource s;
    s.file = file;
    s.line = row.line;
    s.id = r.word("source");
    s.title = r.word("title");
    s.url = r.text("url");
    s.date = r.text("date");
    s.licence = r.word("licence");
    s.software = r.text("software");
    s.version = r.text("software_version");
    if (!s.date.empty() && !spec::is_date(s.date))
      r.problem("date", fmt::format("'{}' is not a date", s.date), std::string(spec::kDateHint));
    const auto twin =
        std::find_if(out.begin(), out.end(), [&](const auto& o) { return o.id == s.id; });
    if (twin != out.end())
      r.problem("source", fmt::format("'{}' is there twice, first in line {}", s.id, twin->line));
    out.push_back(std::move(s));
  }
  return out;
}

}  // namespace perfmodel::calibrate
