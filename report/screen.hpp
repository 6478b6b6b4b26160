// Text for a terminal, line by line, at most so many columns wide.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/content.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {

inline constexpr std::size_t kLabel = 12;      // columns of the labels at the left
inline constexpr std::size_t kNarrowest = 60;  // below it the layout has no room
inline constexpr std::size_t kBetween = 4;     // blanks between two tables side by side

class Screen {
 public:
  Screen(std::size_t width, bool explain)
      : width_(std::max(width, kNarrowest)), explain_(explain) {}

  void line(std::string_view text) { (text_ += text) += '\n'; }
  void lines(const std::vector<std::string>& all) {
    for (const std::string& l : all) line(l);
  }
  void gap() {
    if (!text_.empty() && !text_.ends_with("\n\n")) text_ += '\n';
  }

  /// A label and its text, wrapped beside it.
  void statement(std::string_view label, std::string_view text) {
    std::string start = padded(label, kLabel, Align::left);
    for (const std::string& part : wrap(one_line(text), width_ - kLabel)) {
      line(start + part);
      start.assign(kLabel, ' ');
    }
  }
  void statements(const std::vector<Statement>& all) {
    for (const Statement& s : all) statement(s.label, s.text);
  }

  void grid(const Grid& g) {
    if (!g.rows.empty()) lines(text_lines(g, width_, explain_ ? Overflow::wrap : Overflow::cut));
  }

  /// The rows of a table, each with a text of its own below it; rows as wide as they are.
  template <class TextOf>
  void grid_with_texts(const Grid& g, const TextOf& text_of) {
    if (g.rows.empty()) return;
    gap();
    constexpr std::string_view indent = "    ";
    // One line to a row, since nothing is cut or wrapped at this width.
    constexpr std::size_t unlimited = 100000;
    const std::vector<std::string> rows = text_lines(g, unlimited);
    line(rows[0]);
    for (std::size_t i = 0; i < g.rows.size(); ++i) {
      line(rows[i + 1]);
      const std::string text = one_line(text_of(i));
      if (text.empty()) continue;
      for (const std::string& part : wrap(text, width_ - indent.size()))
        line(std::string(indent) + part);
    }
  }

  /// Two tables side by side where they fit, else one under the other.
  void side_by_side(const Grid& left, const Grid& right) {
    const std::vector<std::string> a =
        left.rows.empty() ? std::vector<std::string>{} : text_lines(left, width_);
    const std::vector<std::string> b =
        right.rows.empty() ? std::vector<std::string>{} : text_lines(right, width_);
    const auto widest = [](const std::vector<std::string>& all) {
      std::size_t w = 0;
      for (const std::string& l : all) w = std::max(w, display_width(l));
      return w;
    };
    const std::size_t start = widest(a) + kBetween;
    if (a.empty() || b.empty() || start + widest(b) > width_) {
      lines(a);
      lines(b);
      return;
    }
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      std::string l = i < a.size() ? a[i] : "";
      if (i < b.size()) l = padded(l, start, Align::left) + b[i];
      line(l);
    }
  }

  /// Warnings, before anything else.
  void banners(const std::vector<std::string>& all) {
    for (const std::string& banner : all) {
      std::string start = "! ";
      for (const std::string& part : wrap(one_line(banner), width_ - start.size())) {
        line(start + part);
        start = "  ";
      }
    }
  }

  std::size_t width() const { return width_; }
  bool explain() const { return explain_; }
  std::string text() && { return std::move(text_); }

 private:
  std::size_t width_;
  bool explain_;
  std::string text_;
};

}  // namespace perfmodel::report
