// Shapes and texts of a picture in SVG, coordinates in pixels from the top left.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/document.hpp"

namespace perfmodel::report {

/// Text for XML, with what XML cannot hold left out.
std::string xml_escaped(std::string_view text);

enum class Anchor { start, middle, end };

struct Pixel {
  double x = 0, y = 0;
};

struct TextStyle {
  Anchor anchor = Anchor::start;
  double size = 12;
  bool bold = false;
  bool upright = false;  // turned to run upwards
  std::string_view color = "#333333";
};

class Canvas {
 public:
  void text(Pixel at, std::string_view text, TextStyle style = {});
  void line(Pixel a, Pixel b, std::string_view color, double width = 1, bool dash = false);
  void path(const std::vector<Pixel>& points, std::string_view color, double width, bool dash);
  void area(const std::vector<Pixel>& points, std::string_view color, double opacity);
  /// `title` shows where a pointer rests on it.
  void box(Pixel corner, double width, double height, std::string_view color,
           std::string_view title = "");
  void dot(Pixel at, double radius, std::string_view color, std::string_view title = "");

  /// The picture, on white; `title` and `about` are for those who do not see it.
  std::string svg(double width, double height, std::string_view title,
                  std::string_view about) const;

 private:
  std::string body_;
};

/// About how wide text is at `size`, for layout.
double text_width(std::string_view text, double size);

/// An axis between two pixels. Values are those of the data, logarithms taken inside.
class Ruler {
 public:
  /// `low` <= all data <= `high`; a linear axis goes to zero where the data are near it.
  Ruler(Scale scale, double low, double high, bool from_zero = false);
  void span(double from, double to) {
    from_ = from;
    to_ = to;
  }
  double at(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  Scale scale() const { return scale_; }

 private:
  double inner(double value) const;
  Scale scale_;
  double low_ = 0, high_ = 1, from_ = 0, to_ = 1;
  std::vector<double> ticks_;
};

/// "2,000", "0.05", "1e9".
std::string tick_text(double value);

}  // namespace perfmodel::report
