// Charts of a report as pictures that stand alone: a title, axes with units, a legend, on white.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/document.hpp"
#include "report/grid.hpp"
#include "report/numbers.hpp"
#include "report/svg_canvas.hpp"

namespace perfmodel::report {
namespace {

constexpr double kWidth = 860, kPlotHeight = 400;
constexpr double kTop = 44, kLeft = 84, kRight = 24, kEdge = 20;
constexpr double kRowHeight = 26, kBarShare = 0.72;
constexpr double kLegendLine = 20, kAxisText = 48;
constexpr double kSmall = 11, kNormal = 12, kTitle = 16;
constexpr std::string_view kGrid = "#e2e2e2", kFrame = "#888888", kReference = "#555555";
constexpr double kBand = 0.16;
constexpr double kNameStep = 0.07;  // of a line's last stretch

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void take(const std::optional<double>& v) {
    if (v) take(*v);
  }
};

std::string axis_text(const Axis& a) {
  return a.unit.empty() ? a.label : fmt::format("{} ({})", a.label, a.unit);
}

class Painter {
 public:
  Painter(const Chart& chart, const Document& document) : c_(chart), d_(document) {}

  std::string paint() {
    const double fitting =
        kTitle * std::min(1.0, (kWidth - 2 * kEdge) / text_width(c_.title, kTitle));
    canvas_.text({kEdge, 26}, c_.title, {Anchor::start, fitting, true, false});
    if (c_.kind == ChartKind::xy)
      xy();
    else
      bars();
    return canvas_.svg(kWidth, height_, c_.title,
                       c_.note.empty() ? axis_text(c_.x) + " against " + axis_text(c_.y) : c_.note);
  }

 private:
  std::string_view color(std::size_t i) const {
    const auto* system = d_.system(c_.series[i].system);
    return kPalette[(system != nullptr ? system->color : i) % kPalette.size()];
  }

  void vertical_grid(const Ruler& x, double top, double bottom) {
    double last = -1e9;
    for (const double t : x.ticks()) {
      const double at = x.at(t);
      canvas_.line({at, top}, {at, bottom}, kGrid);
      const auto text = tick_text(t);
      const double half = text_width(text, kSmall) / 2;
      if (at - half < last + 4) continue;
      canvas_.text({at, bottom + 16}, text, {Anchor::middle, kSmall});
      last = at + half;
    }
  }
  void x_label(double left, double bottom) {
    canvas_.text({(left + kWidth - kRight) / 2, bottom + 36}, axis_text(c_.x),
                 {Anchor::middle, kNormal});
  }

  void xy() {
    Extent ex, ey;
    for (const auto& s : c_.series)
      for (const auto& p : s.points) {
        ex.take(p.x);
        for (const auto v : {std::optional<double>(p.y), p.low, p.high}) ey.take(v);
      }
    for (const auto& l : c_.lines)
      for (const auto& p : l.points) {
        ex.take(p.first);
        ey.take(p.second);
      }
    Ruler x(c_.x.scale, ex.low, ex.high), y(c_.y.scale, ey.low, ey.high);
    const double bottom = kTop + kPlotHeight;
    x.span(kLeft, kWidth - kRight);
    y.span(bottom, kTop);
    vertical_grid(x, kTop, bottom);
    for (const double t : y.ticks()) {
      canvas_.line({kLeft, y.at(t)}, {kWidth - kRight, y.at(t)}, kGrid);
      canvas_.text({kLeft - 6, y.at(t) + 4}, tick_text(t), {Anchor::end, kSmall});
    }
    x_label(kLeft, bottom);
    canvas_.text({18, (kTop + bottom) / 2}, axis_text(c_.y),
                 {Anchor::middle, kNormal, false, true});
    const auto at = [&](double px, double py) { return Pixel{x.at(px), y.at(py)}; };
    for (std::size_t i = 0; i < c_.series.size(); ++i) band(c_.series[i], color(i), at);
    for (std::size_t i = 0; i < c_.lines.size(); ++i) reference(c_.lines[i], i, at);
    for (std::size_t i = 0; i < c_.series.size(); ++i) marks(c_.series[i], color(i), at);
    canvas_.path({{kLeft, kTop}, {kLeft, bottom}, {kWidth - kRight, bottom}}, kFrame, 1, false);
    legend(bottom + kAxisText);
  }

  template <class At>
  void band(const Series& s, std::string_view color, const At& at) {
    if (s.mark == Mark::points) return;
    // Along the top, and back below.
    std::vector<Pixel> outline, below;
    for (const auto& p : s.points) {
      if (!p.low || !p.high) continue;
      outline.push_back(at(p.x, *p.high));
      below.push_back(at(p.x, *p.low));
    }
    outline.insert(outline.end(), below.rbegin(), below.rend());
    if (outline.size() > 2) canvas_.area(outline, color, kBand);
  }

  template <class At>
  void reference(const ReferenceLine& l, std::size_t place, const At& at) {
    std::vector<Pixel> points;
    for (const auto& p : l.points) points.push_back(at(p.first, p.second));
    if (points.empty()) return;
    canvas_.path(points, kReference, 1.2, l.dash);
    // Names one below the other along their lines, as several lines may end side by side.
    const auto end = points.back(), before = points[points.size() > 1 ? points.size() - 2 : 0];
    const double back = std::min(0.9, kNameStep * static_cast<double>(place));
    canvas_.text({end.x - 4 + (before.x - end.x) * back, end.y - 5 + (before.y - end.y) * back},
                 l.name, {Anchor::end, kSmall, false, false, kReference});
  }

  template <class At>
  void marks(const Series& s, std::string_view color, const At& at) {
    std::vector<Pixel> line;
    for (const auto& p : s.points) {
      const auto here = at(p.x, p.y);
      if (s.mark == Mark::step && !line.empty()) line.push_back({here.x, line.back().y});
      line.push_back(here);
    }
    if (s.mark != Mark::points && line.size() > 1) canvas_.path(line, color, 2, s.dash);
    if (s.mark == Mark::line || s.mark == Mark::step) return;
    const double radius = s.points.size() > 200 ? 2 : 3.5;
    for (const auto& p : s.points) {
      if (s.mark == Mark::points && p.low && p.high)
        canvas_.line(at(p.x, *p.low), at(p.x, *p.high), color);
      canvas_.dot(at(p.x, p.y), radius, color, p.label);
    }
  }

  /// Names of series in rows, beside their colours.
  void legend(double top) {
    height_ = top + 8;
    if (c_.series.size() < 2) return;
    double x = kLeft, y = top + 14;
    for (std::size_t i = 0; i < c_.series.size(); ++i) {
      const double wide = 36 + text_width(c_.series[i].name, kNormal);
      if (x + wide > kWidth - kRight && x > kLeft) {
        x = kLeft;
        y += kLegendLine;
      }
      canvas_.box({x, y - 9}, 12, 10, color(i));
      canvas_.text({x + 17, y}, c_.series[i].name, {Anchor::start, kNormal});
      x += wide;
    }
    height_ = y + 16;
  }

  const std::vector<std::string>& categories() const { return c_.y.categories; }

  std::vector<std::string> row_names() const {
    if (c_.kind != ChartKind::tornado) return categories();
    std::vector<std::string> names;
    for (const auto& r : c_.rows) names.push_back(r.name);
    return names;
  }

  Extent bar_extent() const {
    Extent e;
    if (c_.kind == ChartKind::tornado) {
      e.take(c_.centre);
      for (const auto& r : c_.rows) {
        e.take(r.low);
        e.take(r.high);
      }
      return e;
    }
    if (c_.x.scale == Scale::linear) e.take(0.0);
    for (std::size_t k = 0; k < categories().size(); ++k) {
      double sum = 0;
      for (const auto& s : c_.series) {
        sum += s.values[k].value_or(0);
        if (c_.kind == ChartKind::bars) e.take(s.values[k]);
        if (!s.high.empty()) e.take(s.high[k]);
        if (!s.low.empty()) e.take(s.low[k]);
      }
      if (c_.kind == ChartKind::stack) e.take(sum);
    }
    return e;
  }

  void bars() {
    const auto names = row_names();
    double left = kLeft;
    for (const auto& n : names) left = std::max(left, text_width(n, kNormal) + 34);
    left = std::min(left, kWidth * 0.42);
    const auto in_row = c_.kind == ChartKind::bars ? std::max<std::size_t>(1, c_.series.size()) : 1;
    const double row = std::max(kRowHeight, 15.0 * static_cast<double>(in_row) + 8);
    const double bottom = kTop + row * static_cast<double>(names.size());
    const auto e = bar_extent();
    Ruler x(c_.x.scale, e.low, e.high, c_.kind != ChartKind::tornado);
    x.span(left, kWidth - kRight - (c_.kind == ChartKind::tornado ? 0 : 30));
    vertical_grid(x, kTop, bottom);
    x_label(left, bottom);
    for (std::size_t k = 0; k < names.size(); ++k) {
      const double top = kTop + row * (static_cast<double>(k) + (1 - kBarShare) / 2);
      const auto fitting = static_cast<std::size_t>((left - 16) / (kNormal * 0.56));
      canvas_.text({left - 8, top + row * kBarShare / 2 + 4}, fit(names[k], fitting),
                   {Anchor::end, kNormal});
      if (c_.kind == ChartKind::tornado)
        tornado_row(c_.rows[k], x, top, row * kBarShare);
      else if (c_.kind == ChartKind::stack)
        stack_row(k, x, top, row * kBarShare);
      else
        bar_row(k, x, top, row * kBarShare, left);
    }
    canvas_.line({left, kTop}, {left, bottom}, kFrame);
    if (c_.kind == ChartKind::tornado) {
      canvas_.line({x.at(c_.centre), kTop}, {x.at(c_.centre), bottom}, kReference);
      height_ = bottom + kAxisText;
    } else {
      legend(bottom + kAxisText);
    }
  }

  void bar_row(std::size_t k, const Ruler& x, double top, double high, double left) {
    const double each = high / static_cast<double>(c_.series.size());
    for (std::size_t i = 0; i < c_.series.size(); ++i) {
      const auto& s = c_.series[i];
      const double y = top + each * static_cast<double>(i);
      if (!s.values[k]) continue;
      const double from = foot(x, left), to = x.at(*s.values[k]);
      const auto text = number(*s.values[k]);
      canvas_.box({std::min(from, to), y}, std::abs(to - from), each * 0.9, bar_color(i, k),
                  fmt::format("{}: {} {}", categories()[k], text, c_.x.unit));
      double end = std::max(from, to);
      if (!s.low.empty() && s.low[k] && s.high[k]) {
        const double mid = y + each * 0.45;
        canvas_.line({x.at(*s.low[k]), mid}, {x.at(*s.high[k]), mid}, kReference, 1.4);
        for (const double v : {*s.low[k], *s.high[k]})
          canvas_.line({x.at(v), mid - 3}, {x.at(v), mid + 3}, kReference, 1.4);
        end = std::max(end, x.at(*s.high[k]));
      }
      canvas_.text({end + 5, y + each * 0.45 + 4}, text, {Anchor::start, kSmall});
    }
  }

  /// Where bars begin: at 0, on a logarithmic axis at 1, or at its end where 1 lies beyond.
  static double foot(const Ruler& x, double left) {
    if (x.scale() == Scale::linear) return x.at(0);
    return std::max(left, x.at(1));
  }

  /// A single series over systems has the colour of each.
  std::string_view bar_color(std::size_t i, std::size_t k) const {
    if (c_.series.size() == 1 && c_.series[i].system.empty())
      for (const auto& s : d_.systems)
        if (s.name == categories()[k] || s.id == categories()[k])
          return kPalette[s.color % kPalette.size()];
    return color(i);
  }

  void stack_row(std::size_t k, const Ruler& x, double top, double high) {
    double sum = 0;
    for (std::size_t i = 0; i < c_.series.size(); ++i) {
      const auto v = c_.series[i].values[k];
      if (!v || *v <= 0) continue;
      canvas_.box(
          {x.at(sum), top}, x.at(sum + *v) - x.at(sum), high, color(i),
          fmt::format("{}, {}: {} {}", categories()[k], c_.series[i].name, number(*v), c_.x.unit));
      sum += *v;
    }
    if (sum > 0)
      canvas_.text({x.at(sum) + 5, top + high / 2 + 4}, number(sum), {Anchor::start, kSmall});
  }

  void tornado_row(const TornadoRow& r, const Ruler& x, double top, double high) {
    const double centre = x.at(c_.centre);
    const auto part = [&](double v, std::string_view color, const std::string& input) {
      const double to = x.at(v);
      canvas_.box({std::min(centre, to), top}, std::abs(to - centre), high, color,
                  fmt::format("{} at {}: {} {}", r.name, input, number(v), c_.x.unit));
    };
    part(r.low, kPalette[4], r.low_value);
    part(r.high, kPalette[1], r.high_value);
  }

  const Chart& c_;
  const Document& d_;
  Canvas canvas_;
  double height_ = 0;
};

}  // namespace

std::string chart_svg(const Chart& chart, const Document& document) {
  return Painter(chart, document).paint();
}

}  // namespace perfmodel::report
