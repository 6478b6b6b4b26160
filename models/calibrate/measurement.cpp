#include "calibrate/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "calibrate/columns.hpp"
#include "spec/wording.hpp"

namespace perfmodel::calibrate {
namespace {

constexpr std::array<std::string_view, 38> kColumns = {"id",
                                                       "source",
                                                       "source_url",
                                                       "date",
                                                       "chip",
                                                       "n_chips",
                                                       "model",
                                                       "weight_dtype",
                                                       "act_dtype",
                                                       "kv_dtype",
                                                       "stack",
                                                       "stack_version",
                                                       "mode",
                                                       "prefill_workers",
                                                       "prefill_tp",
                                                       "prefill_pp",
                                                       "prefill_attn_dp",
                                                       "prefill_moe_tp",
                                                       "prefill_moe_ep",
                                                       "decode_workers",
                                                       "decode_tp",
                                                       "decode_pp",
                                                       "decode_attn_dp",
                                                       "decode_moe_tp",
                                                       "decode_moe_ep",
                                                       "input_len",
                                                       "output_len",
                                                       "length_jitter",
                                                       "concurrency",
                                                       "batch_per_chip",
                                                       "draft_tokens",
                                                       "accepted_per_step",
                                                       "prefix_hit",
                                                       "metric",
                                                       "statistic",
                                                       "value",
                                                       "unit",
                                                       "notes"};

std::optional<double> leading_number(std::string_view s) {
  double v = 0;
  const auto r = std::from_chars(s.data(), s.data() + s.size(), v);
  if (r.ec != std::errc() || !std::isfinite(v)) return std::nullopt;
  return v;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether exactly three digits follow the comma.
bool groups_thousands(const std::string& s, std::size_t comma) {
  const auto digits = std::min(s.find_first_not_of("0123456789", comma + 1), s.size()) - comma - 1;
  return comma > 0 && is_digit(s[comma - 1]) && digits == 3;
}

class RowReader {
 public:
  RowReader(const Columns& columns, const Table::Row& row) : columns_(columns), row_(row) {}

  const std::string& text(std::string_view column) const {
    return row_.fields[columns_.at(column)];
  }

  /// Sources write "4989 avg", "about 3K" or "MTP, 1 draft token": the first number stands for the
  /// field; words alone for nothing.
  std::optional<double> number(std::string_view column) const {
    const std::string_view s = text(column);
    auto at = s.find_first_of("0123456789");
    if (at == std::string_view::npos) return std::nullopt;
    if (at > 0 && s[at - 1] == '.') --at;
    // A sign, not the hyphen of "MTP-1" or "10-20".
    if (at > 0 && s[at - 1] == '-' && (at == 1 || s[at - 2] == ' ')) --at;
    // "1,024" is one number.
    std::string figure(s.substr(at));
    for (auto comma = figure.find_first_not_of("-0123456789");
         comma != std::string::npos && figure[comma] == ',' && groups_thousands(figure, comma);
         comma = figure.find_first_not_of("-0123456789"))
      figure.erase(comma, 1);
    const auto v = leading_number(figure);
    const auto end = figure.find_first_not_of("-0123456789.");
    return v && end != std::string::npos && figure[end] == 'K' ? *v * 1024.0 : v;
  }
  std::optional<int> count(std::string_view column) const {
    const auto v = number(column);
    constexpr double kMost = 1e6;  // far above any machine, far below overflow
    if (!v || *v < 1 || *v > kMost) return std::nullopt;
    return static_cast<int>(*v);
  }
  Degrees degrees(const std::string& pool) const {
    return {count(pool + "_workers"), count(pool + "_tp"),     count(pool + "_pp"),
            count(pool + "_attn_dp"), count(pool + "_moe_tp"), count(pool + "_moe_ep")};
  }

 private:
  const Columns& columns_;
  const Table::Row& row_;
};

template <class E, std::size_t n>
std::optional<E> find_name(const std::array<std::string_view, n>& names, std::string_view word) {
  for (std::size_t i = 0; i < n; ++i)
    if (names[i] == word) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace

std::optional<double> Measurement::note_number(std::string_view key) const {
  const auto pattern = std::string(key) + "=";
  const auto at = notes.find(pattern);
  if (at == std::string::npos) return std::nullopt;
  return leading_number(std::string_view(notes).substr(at + pattern.size()));
}

std::vector<Measurement> read_measurements(const Table& table, const std::string& file,
                                           spec::Diagnostics& diagnostics) {
  const auto columns = read_header(table, file, kColumns, kColumns, diagnostics);
  if (!columns) return {};

  std::vector<Measurement> out;
  out.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    const RowReader r(*columns, row);
    Measurement m;
    m.file = file;
    m.line = row.line;
    m.id = r.text("id");
    m.source = r.text("source");
    m.url = r.text("source_url");
    m.date = r.text("date");
    m.chip = r.text("chip");
    m.model = r.text("model");
    m.weights = r.text("weight_dtype");
    m.activations = r.text("act_dtype");
    m.kv = r.text("kv_dtype");
    m.stack = r.text("stack");
    m.version = r.text("stack_version");
    m.mode_text = r.text("mode");
    m.mode = find_name<Mode>(kModeNames, m.mode_text);
    m.metric_text = r.text("metric");
    m.metric = find_name<Metric>(kMetricNames, m.metric_text);
    m.statistic = r.text("statistic");
    m.unit = r.text("unit");
    m.notes = r.text("notes");
    m.n_chips = r.number("n_chips");
    m.prefill = r.degrees("prefill");
    m.decode = r.degrees("decode");
    m.input = r.number("input_len");
    m.output = r.number("output_len");
    m.jitter = r.number("length_jitter");
    m.concurrency = r.number("concurrency");
    m.batch_per_chip = r.number("batch_per_chip");
    m.draft_tokens = r.number("draft_tokens");
    m.accepted = r.number("accepted_per_step");
    m.prefix_hit = r.number("prefix_hit");
    const auto value = r.number("value");
    if (!value || *value <= 0) {
      diagnostics.add({file,
                       {row.line, 1},
                       "value",
                       fmt::format("'{}' is not a positive number", r.text("value")),
                       ""});
      continue;
    }
    m.value = *value;
    if (!m.mode && m.mode_text.empty())
      diagnostics.add({file, {row.line, 1}, "mode", "is empty", ""});
    if (!m.metric) {
      diagnostics.add(
          {file,
           {row.line, 1},
           "metric",
           fmt::format("unknown metric '{}'", m.metric_text),
           spec::nearest_hint(m.metric_text, {kMetricNames.begin(), kMetricNames.end()}, "")});
    }
    out.push_back(std::move(m));
  }
  return out;
}

}  // namespace perfmodel::calibrate
