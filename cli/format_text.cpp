#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/columns.hpp"
#include "cli/format_answer.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Operand;
using Row = std::vector<std::string>;

struct Section {
  std::string title;
  std::string about;
  std::vector<Row> rows;  // with a header
};

/// Four digits: enough to compare by, and the same on every machine.
std::string digits(double v) {
  return fmt::format("{:.4g}", v);
}

std::string percent(double share) {
  return share < 0.1 ? fmt::format("{:.2g} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}

template <class T>
void add_new(std::vector<T>& all, const T& x) {
  if (std::find(all.begin(), all.end(), x) == all.end()) all.push_back(x);
}

/// Formats as rows; distributions as columns, of each the SNR, and the largest errors of the last.
Section numerics_section(const FormatAnswer& a, Operand operand) {
  Section s;
  s.title = fmt::format("{}: signal-to-noise ratio and largest errors", name_of(operand));
  s.about =
      "dB against float64; largest error of an element over its value (of at least 1 % of the RMS) "
      "and over the RMS; lost: share that became zero";
  Row header = {"format"};
  for (const auto d : kernels::kDistributions) {
    header.push_back(fmt::format("{} dB", name_of(d)));
    for (const auto* what : {"relative", "over RMS", "lost"}) header.emplace_back(what);
  }
  s.rows.push_back(std::move(header));
  for (const auto& f : kernels::stored_formats(operand)) {
    Row row = {name_of(f)};
    for (const auto& n : a.numerics) {
      if (n.operand != operand || n.format != f) continue;
      row.push_back(fmt::format("{:.1f}", n.error.snr_db));
      row.push_back(percent(n.error.max_relative));
      row.push_back(fmt::format("{:.2g}", n.error.max_absolute));
      row.push_back(percent(n.error.lost));
    }
    s.rows.push_back(std::move(row));
  }
  return s;
}

Section logits_section(const FormatAnswer& a) {
  Section s;
  s.title = "predictions of a small transformer with weights in the format";
  s.about =
      "against float64 on weights as they were, activations in BF16; KL in nats; mla_moe: with the "
      "experts that the reference chooses, and with those that the model chose";
  s.rows.push_back({"model", "weights", "mean KL", "max KL", "relative RMS", "same top-1",
                    "same experts: mean KL", "relative RMS"});
  for (const auto& l : a.logits) {
    const auto& d = l.divergence;
    s.rows.push_back({std::string(name_of(l.model)), name_of(d.weights),
                      fmt::format("{:.2g}", d.logits.mean_kl),
                      fmt::format("{:.2g}", d.logits.max_kl), percent(d.logits.relative_rms),
                      percent(d.logits.same_top), fmt::format("{:.2g}", d.same_experts.mean_kl),
                      percent(d.same_experts.relative_rms)});
  }
  return s;
}

std::string speed_cell(const FormatSpeed& s) {
  if (!s.over_bf16) return s.note.empty() ? "-" : s.note;
  // One row reads the weights and does little else; with many, bytes say nothing.
  if (s.bandwidth && s.product.starts_with("m1n"))
    return fmt::format("{:.2f} ({:.3g} GB/s)", *s.over_bf16, s.bandwidth->base() * 1e-9);
  return fmt::format("{:.2f}", *s.over_bf16);
}

/// Rows are formats, columns what a pair of a chip and a product takes over BF16.
Section speed_section(const FormatAnswer& a) {
  Section s;
  s.title = "time of a product over that with BF16 weights";
  s.about =
      "host: measured (results/host), one thread; others: predicted by the engine under the "
      "profile "
      "'typical'; the number after m is the rows of activations";
  std::vector<std::pair<std::string, std::string>> places;
  std::vector<std::string> formats;
  for (const auto& x : a.speeds) {
    add_new(places, {x.chip, x.product});
    add_new(formats, name_of(x.format));
  }
  Row header = {"weights"};
  for (const auto& [chip, product] : places)
    header.push_back(fmt::format("{} {}", chip, product.substr(0, product.find('n'))));
  s.rows.push_back(std::move(header));
  for (const auto& f : formats) {
    Row row = {f};
    for (const auto& x : a.speeds)
      if (name_of(x.format) == f) row.push_back(speed_cell(x));
    s.rows.push_back(std::move(row));
  }
  return s;
}

/// What stands in for types that a chip lacks, formats of the same fate together.
std::vector<Row> fallback_rows(const FormatAnswer& a) {
  std::vector<Row> rows = {{"chip", "falls back", "weights"}};
  for (const auto& s : a.speeds) {
    if (s.measured || s.note.empty() || !s.time) continue;
    const auto same = std::find_if(rows.begin() + 1, rows.end(),
                                   [&](const Row& r) { return r[0] == s.chip && r[1] == s.note; });
    if (same == rows.end())
      rows.push_back({s.chip, s.note, name_of(s.format)});
    else if (const auto name = name_of(s.format);
             ((*same)[2] + ",").find(name + ",") == std::string::npos)
      (*same)[2] += ", " + name;
  }
  return rows;
}

std::string markdown_table(const std::vector<Row>& rows) {
  std::string s;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const auto& cell : rows[i]) s += "| " + cell + " ";
    s += "|\n";
    if (i > 0) continue;
    s += "|---";
    for (std::size_t c = 1; c < rows[i].size(); ++c) s += "|--:";
    s += "|\n";
  }
  return s;
}

class Csv {
 public:
  void add(const std::string& table, const std::string& what, const std::string& format,
           std::string_view measure, const std::string& value, const std::string& note = "") {
    text_ += report::csv_record({table, what, format, std::string(measure), value, note});
  }
  std::string text() const { return text_; }

 private:
  std::string text_ = "table,case,format,measure,value,note\r\n";
};

}  // namespace

std::string format_csv(const FormatAnswer& a) {
  Csv csv;
  for (const auto& n : a.numerics) {
    const auto what = fmt::format("{}/{}", name_of(n.operand), name_of(n.distribution));
    const auto add = [&](std::string_view measure, double v) {
      csv.add("numerics", what, name_of(n.format), measure, digits(v));
    };
    add("snr_db", n.error.snr_db);
    add("max_relative_percent", n.error.max_relative * 100);
    add("max_absolute_over_rms", n.error.max_absolute);
    add("lost_percent", n.error.lost * 100);
  }
  for (const auto& l : a.logits) {
    const auto& d = l.divergence;
    const auto add = [&](std::string_view measure, double v) {
      csv.add("logits", std::string(name_of(l.model)), name_of(d.weights), measure, digits(v));
    };
    add("mean_kl_nats", d.logits.mean_kl);
    add("max_kl_nats", d.logits.max_kl);
    add("relative_rms_percent", d.logits.relative_rms * 100);
    add("same_top_percent", d.logits.same_top * 100);
    add("same_experts_mean_kl_nats", d.same_experts.mean_kl);
    add("same_experts_relative_rms_percent", d.same_experts.relative_rms * 100);
  }
  for (const auto& s : a.speeds) {
    const auto what = s.chip + "/" + s.product;
    const auto table = s.measured ? "measured" : "predicted";
    csv.add(table, what, name_of(s.format), "time_us",
            s.time ? digits(s.time->base() * report::kMicro) : "", s.note);
    csv.add(table, what, name_of(s.format), "time_over_bf16",
            s.over_bf16 ? digits(*s.over_bf16) : "", s.note);
    if (s.measured)
      csv.add(table, what, name_of(s.format), "gb_per_s",
              s.bandwidth ? digits(s.bandwidth->base() * 1e-9) : "", s.note);
  }
  return csv.text();
}

std::string format_tables(const FormatAnswer& a, bool markdown) {
  std::vector<Section> sections = {numerics_section(a, Operand::weights),
                                   numerics_section(a, Operand::activations), logits_section(a),
                                   speed_section(a)};
  if (auto rows = fallback_rows(a); rows.size() > 1)
    sections.push_back({"where the chip lacks the type", "", std::move(rows)});
  std::string s;
  for (const auto& section : sections) {
    if (!s.empty()) s += "\n";
    s += (markdown ? "### " : "") + section.title + "\n";
    if (!section.about.empty()) s += (markdown ? "\n" : "") + section.about + "\n";
    s += "\n";
    s += markdown ? markdown_table(section.rows) : in_columns(section.rows, report::Align::right);
  }
  return s;
}

}  // namespace perfmodel::cli
