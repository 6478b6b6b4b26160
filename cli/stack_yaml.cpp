#include "cli/stack_yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "report/scales.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

/// A double-quoted YAML scalar.
std::string quoted(const std::string& s) {
  std::string r = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') r += '\\';
    if (c == '\n')
      r += "\\n";
    else if (c == '\t')
      r += "\\t";
    else
      r += c;
  }
  return r + "\"";
}

/// Times in microseconds and shares bare. Fitted ones with four significant digits: the fit knows
/// no more. The others as they were read.
struct Text {
  std::string value, low, high;
};
std::string digits(double v, const std::vector<std::string>& sources) {
  const bool fitted = sources.size() == 1 && sources.front() == "fit";
  return fmt::format("{:.{}g}", v, fitted ? 4 : 12);
}
Text text_of(const spec::Sourced<Count>& f) {
  return {digits(f.value.base(), f.sources), digits(f.low.base(), f.sources),
          digits(f.high.base(), f.sources)};
}
Text text_of(const spec::Sourced<Time>& f) {
  return {digits(f.value.base() * report::kMicro, f.sources) + " us",
          digits(f.low.base() * report::kMicro, f.sources),
          digits(f.high.base() * report::kMicro, f.sources)};
}

template <class Q>
std::string line(std::string_view key, const spec::Sourced<Q>& f) {
  const auto t = text_of(f);
  std::string s = fmt::format("  {}: {{value: {}", key, t.value);
  if (t.low != t.high) s += fmt::format(", range: [{}, {}]", t.low, t.high);
  s += fmt::format(", grade: {}", spec::name_of(f.grade));
  if (f.sources.size() == 1) s += ", source: " + f.sources.front();
  if (f.sources.size() > 1) s += fmt::format(", source: [{}]", fmt::join(f.sources, ", "));
  if (!f.note.empty()) s += ", note: " + quoted(f.note);
  return s + "}\n";
}

}  // namespace

std::string stack_yaml(const cost::Stack& s) {
  std::string y = fmt::format("schema: 1\nstack: {}\nname: {}\ndate: {}\nabout: {}\n", s.id,
                              quoted(s.name), quoted(s.date), quoted(s.about));
  const auto words = [&](const char* key, const std::vector<std::string>& all) {
    if (all.empty()) return;
    std::string list;
    for (const auto& w : all) list += (list.empty() ? "" : ", ") + quoted(w);
    y += fmt::format("{}: [{}]\n", key, list);
  };
  words("aliases", s.aliases);
  words("serves", s.serves);
  y += "sources:\n";
  for (const auto& source : s.sources) {
    y += fmt::format("  {}: {{title: {}", source.id, quoted(source.title));
    if (!source.url.empty()) y += ", url: " + quoted(source.url);
    if (!source.date.empty()) y += ", date: " + quoted(source.date);
    y += "}\n";
  }
  y += fmt::format("quantise: {}\nsharpness: {}\n", s.quantise, s.sharpness);
  y += "efficiency:\n" + line("gemm", s.gemm) + line("grouped_gemm", s.grouped_gemm) +
       line("attention_prefill", s.attention_prefill) +
       line("attention_decode", s.attention_decode) + line("vector", s.vector) +
       line("memory", s.memory) + line("link", s.link);
  y += "overhead:\n" + line("kernel_start", s.kernel_start) + line("launch", s.launch) +
       line("layer", s.layer) + line("expert_layer", s.expert_layer) + line("step", s.step) +
       line("sequence", s.sequence) + line("collective", s.collective) +
       line("dispatch", s.dispatch) + line("combine", s.combine) + line("request", s.request);
  y += "overlap:\n" + line("shared_expert", s.overlap_shared_expert) +
       line("communication", s.overlap_communication);
  y += "serving:\n" + line("memory_use", s.memory_use) + line("interference", s.interference) +
       line("in_step", s.in_step) + line("queue", s.queue) + line("acceptance", s.acceptance) +
       line("imbalance", s.imbalance) + line("chunk", s.chunk);
  if (!s.notes.empty()) {
    y += "notes:\n";
    for (const auto& n : s.notes) y += "  - " + quoted(n) + "\n";
  }
  return y + residual_yaml(s.residual);
}

std::string residual_yaml(const std::vector<cost::Residual>& residual) {
  std::string y;
  std::optional<cost::LeftOut> section;
  for (const auto& r : residual) {
    if (y.empty()) y = "residual:\n";
    if (section != r.left_out) y += fmt::format("  {}:\n", name_of(r.left_out));
    section = r.left_out;
    // Three digits: the rows of a profile say no more.
    y += fmt::format("    {}: {{rows: {}, median: {:.3g}, p90: {:.3g}, bias: {:.3g}}}\n",
                     name_of(r.of), r.rows, r.median, r.p90, r.bias);
  }
  return y;
}

std::string with_residual(std::string_view text, const std::vector<cost::Residual>& residual) {
  std::string out;
  bool inside = false;
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    if (!line.starts_with(' ')) inside = line.starts_with("residual:");
    if (!inside) out += line;
  }
  if (!out.ends_with('\n')) out += '\n';
  return out + residual_yaml(residual);
}

}  // namespace perfmodel::cli
