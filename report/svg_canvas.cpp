#include "report/svg_canvas.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/grid.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr double kWidthOfLetter = 0.6;  // of the size, for sans-serif faces
constexpr int kTickDigits = 6;
constexpr double kTicksWanted = 6;
constexpr double kNearZero =
    0.35;  // an axis whose data begin below this share of their end begins at zero
constexpr std::string_view kFaces = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif";

/// Two decimals are a hundredth of a pixel.
std::string px(double v) {
  const double rounded = std::round(v * 100.0) / 100.0;
  return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

std::string points_text(const std::vector<Pixel>& points) {
  std::string s;
  for (const auto& p : points) s += (s.empty() ? "" : " ") + px(p.x) + "," + px(p.y);
  return s;
}

std::string titled(std::string_view title) {
  return title.empty() ? "/>\n" : fmt::format("><title>{}</title>", xml_escaped(title));
}

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= least * (1 - 1e-9)) return m * power;
  return 10.0 * power;
}

/// All of 1, 2, 5 per decade where there are few decades, powers of ten where there are many.
std::vector<double> log_ticks(double low, double high) {
  const double decades = std::log10(high / low);
  std::vector<double> factors = {1};
  if (decades < 3.5) factors = {1, 2, 5};
  if (decades < 0.8) factors = {1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9};
  const int skip = std::max(1, static_cast<int>(std::ceil(decades / 8)));
  std::vector<double> ticks;
  for (int e = static_cast<int>(std::floor(std::log10(low))); e <= std::ceil(std::log10(high)); ++e)
    for (const double f : factors) {
      const double v = f * std::pow(10.0, e);
      if (e % skip == 0 && v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) ticks.push_back(v);
    }
  return ticks;
}

}  // namespace

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

void Canvas::text(Pixel at, std::string_view text, TextStyle style) {
  constexpr std::array<std::string_view, 3> anchors = {"start", "middle", "end"};
  body_ += fmt::format(R"(<text x="{}" y="{}" font-size="{}" text-anchor="{}" fill="{}")", px(at.x),
                       px(at.y), px(style.size), anchors[static_cast<std::size_t>(style.anchor)],
                       style.color);
  if (style.bold) body_ += R"( font-weight="bold")";
  if (style.upright)
    body_ += fmt::format(R"-( transform="rotate(-90 {} {})")-", px(at.x), px(at.y));
  body_ += ">" + xml_escaped(text) + "</text>\n";
}

void Canvas::line(Pixel a, Pixel b, std::string_view color, double width, bool dash) {
  path({a, b}, color, width, dash);
}

void Canvas::path(const std::vector<Pixel>& points, std::string_view color, double width,
                  bool dash) {
  body_ +=
      fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"{}/>)"
                  "\n",
                  points_text(points), color, px(width), dash ? R"( stroke-dasharray="6 4")" : "");
}

void Canvas::area(const std::vector<Pixel>& points, std::string_view color, double opacity) {
  body_ += fmt::format(R"(<polygon points="{}" fill="{}" fill-opacity="{}"/>)"
                       "\n",
                       points_text(points), color, px(opacity));
}

void Canvas::box(Pixel corner, double width, double height, std::string_view color,
                 std::string_view title) {
  body_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}")", px(corner.x),
                       px(corner.y), px(width), px(height), color);
  body_ += titled(title);
  if (!title.empty()) body_ += "</rect>\n";
}

void Canvas::dot(Pixel at, double radius, std::string_view color, std::string_view title) {
  body_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}" fill="{}")", px(at.x), px(at.y),
                       px(radius), color);
  body_ += titled(title);
  if (!title.empty()) body_ += "</circle>\n";
}

std::string Canvas::svg(double width, double height, std::string_view title,
                        std::string_view about) const {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" font-family="{2}">
<title>{3}</title>
<desc>{4}</desc>
<rect width="{0}" height="{1}" fill="#ffffff"/>
{5}</svg>
)",
      px(width), px(height), kFaces, xml_escaped(title), xml_escaped(about), body_);
}

double text_width(std::string_view text, double size) {
  return static_cast<double>(display_width(text)) * size * kWidthOfLetter;
}

Ruler::Ruler(Scale scale, double low, double high, bool from_zero) : scale_(scale) {
  if (!(low <= high)) low = high = 1;  // no data
  if (scale == Scale::log) {
    if (low <= 0) low = high > 0 ? high / 1000 : 1;
    if (high <= low) high = low * 10;
    const double pad = std::pow(high / low, 0.04);
    low_ = low / pad;
    high_ = high * pad;
    ticks_ = log_ticks(low_, high_);
    return;
  }
  if (from_zero || (low > 0 && low < kNearZero * high)) low = std::min(low, 0.0);
  if (from_zero) high = std::max(high, 0.0);
  if (high <= low) high = low + std::max(1.0, std::abs(low));
  const double step = round_step((high - low) / kTicksWanted);
  low_ = step * std::floor(low / step + 1e-9);
  high_ = step * std::ceil(high / step - 1e-9);
  const auto count = static_cast<int>(std::lround((high_ - low_) / step));
  for (int i = 0; i <= count; ++i) ticks_.push_back(low_ + step * i);
}

double Ruler::inner(double value) const {
  return scale_ == Scale::log ? std::log10(std::max(value, low_ * 1e-3)) : value;
}

double Ruler::at(double value) const {
  const double low = inner(low_), high = inner(high_);
  return from_ + (to_ - from_) * (inner(value) - low) / (high - low);
}

std::string tick_text(double value) {
  constexpr double kLong = 1e6, kSmall = 1e-4;
  if (value != 0 && (std::abs(value) >= kLong || std::abs(value) < kSmall))
    return fmt::format("{:.3g}", value);
  return number(value, kTickDigits);
}

}  // namespace perfmodel::report
