// Tables as data, and their layout as text in a terminal's columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace perfmodel::report {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::right;
  std::size_t cap = 0;  // widest in a terminal, 0 for no limit
};

/// A row may have fewer cells than there are columns. `instead` stands where the missing ones were.
struct Row {
  std::vector<std::string> cells;
  std::string instead;
};

struct Grid {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

/// Text of unknown origin on one line: line breaks and tabs as blanks, control characters as \xNN.
std::string one_line(std::string_view text);

/// Terminal columns of UTF-8 text; East Asian wide characters take two.
std::size_t display_width(std::string_view text);

/// Cut to `width` with ".." at the end where it does not fit.
std::string fit(std::string_view text, std::size_t width);

/// With blanks to `width`.
std::string padded(std::string_view text, std::size_t width, Align align);

/// Lines of at most `width`, broken at blanks, and inside of words that are longer than a line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

enum class Overflow { cut, wrap };

/// The grid as lines of at most `width`; `overflow` says what becomes of a long last cell or
/// `instead`. Columns before the last one are never cut below their cap, so those can pass `width`.
std::vector<std::string> text_lines(const Grid& grid, std::size_t width,
                                    Overflow overflow = Overflow::cut);

}  // namespace perfmodel::report
