#include "cli/family_yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "report/scales.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::string_view kSource = "operators";

/// Rows say more about a figure than what its siblings do.
constexpr double kInformed = 1.0;

std::string figure(const calibrate::CurveParameter& p, double value, double error, double spread,
                   bool informed) {
  const double wide = std::exp(curve_interval(error, spread));
  const double unit = p.time ? report::kMicro : 1.0;
  const double low = value / wide;
  double high = value * wide;
  if (!p.time) high = std::min(high, std::max(value, p.high));
  const auto tail = informed
                        ? fmt::format("grade: derived, source: {}", kSource)
                        : std::string("grade: assumed, note: \"no timing informs it; by analogy\"");
  return fmt::format("    {}: {{value: {:.4g}{}, range: [{:.4g}, {:.4g}], {}}}\n", p.name,
                     value * unit, p.time ? " us" : "", low * unit, high * unit, tail);
}

/// A `kernels` block: for "core_rate" and "gemm.wide" the lines that give the figure.
using Figures = std::map<std::string, std::string>;

/// What another source gave. Figures of an earlier fit and those that are assumed give way.
Figures kept(const std::vector<std::string>& lines) {
  Figures all;
  std::string curve;
  std::string* at = nullptr;
  for (const auto& line : lines) {
    const auto indent = line.find_first_not_of(' ');
    const auto key = line.substr(indent, line.find(':', indent) - indent);
    if (indent == 2 && key != "core_rate") {
      curve = key + ".";
      at = nullptr;
    } else if (indent == 2 || indent == 4) {
      at = &all[indent == 2 ? key : curve + key];
      *at = line;
    } else if (at != nullptr) {
      *at += line;
    }
  }
  std::erase_if(all, [](const auto& figure) {
    const auto source = figure.second.find("source: ");
    return source == std::string::npos || figure.second.substr(source + 8).starts_with(kSource);
  });
  return all;
}

std::string kernels(const CurveBlock& block, const std::vector<std::string>& before) {
  const auto others = kept(before);
  std::string s;
  bool shares = false;
  for (std::size_t curve = 0; curve < calibrate::kCurveCount; ++curve) {
    const auto& c = (*block.curves)[curve];
    std::string lines;
    const auto& parameters = calibrate::parameters_of(curve, c.values);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto other =
          others.find(fmt::format("{}.{}", calibrate::curve_name(curve), parameters[i].name));
      const bool informed = !c.values.empty() && c.information[i] > kInformed;
      if (other != others.end()) {
        lines += other->second;
      } else if (informed || (block.whole && !c.values.empty())) {
        lines += figure(parameters[i], c.values[i], c.errors[i], block.spread, informed);
        shares |= curve != calibrate::kLinkCurve;
      }
    }
    if (!lines.empty()) s += fmt::format("  {}:\n", calibrate::curve_name(curve)) + lines;
  }
  // The rate belongs to the shares.
  std::string rate;
  if (const auto other = others.find("core_rate"); other != others.end())
    rate = other->second;
  else if (shares && block.core_rate.base() > 0)
    rate = fmt::format(
        "  core_rate: {{value: {:.4g} TFLOP/s, grade: derived, source: {}, note: \"16-bit peak "
        "over "
        "cores of the chip with the most timings\"}}\n",
        block.core_rate.base() * 1e-12, kSource);
  return "kernels:\n" + rate + s;
}

}  // namespace

double curve_interval(double error, double spread) {
  return 1.96 * std::sqrt(error * error + spread * spread);
}

std::string with_curves(const std::string& text, const CurveBlock& block) {
  const auto source = fmt::format("  {}: {{title: \"{}\"}}\n", kSource, block.title);
  const auto mine = fmt::format("  {}:", kSource);
  std::vector<std::string> lines, before;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    auto line = text.substr(at, end - at);
    at = end;
    if (!line.ends_with('\n')) line += '\n';
    const bool top = !line.starts_with(' ') && !line.starts_with('#') && line != "\n";
    inside = line.starts_with("kernels:") || (inside && !top);
    if (inside)
      before.push_back(std::move(line));
    else if (!line.starts_with(mine))
      lines.push_back(std::move(line));
  }
  const auto fitted = kernels(block, before);
  const bool cited = fitted.find(fmt::format("source: {}", kSource)) != std::string::npos;
  std::string out;
  bool placed = false, source_placed = !cited;
  const auto place = [&] {
    if (!placed) out += fitted;
    placed = true;
  };
  for (const auto& line : lines) {
    if (line.starts_with("assumed:") || line.starts_with("sources:")) place();
    out += line;
    if (!line.starts_with("sources:") || source_placed) continue;
    out += source;
    source_placed = true;
  }
  place();
  if (!source_placed) out += "sources:\n" + source;
  return out;
}

}  // namespace perfmodel::cli
