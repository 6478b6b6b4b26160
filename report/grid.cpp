#include "report/grid.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "units/number.hpp"

namespace perfmodel::report {
namespace {

constexpr std::size_t kGap = 2;             // blanks between columns
constexpr std::size_t kNarrowestLast = 12;  // of a last column when the others take it all
constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);
constexpr std::string_view kCut = "..";

/// Blocks of code points that terminals draw two columns wide (Unicode TR11, wide and fullwidth).
constexpr std::array<std::pair<char32_t, char32_t>, 8> kWide = {{{0x1100, 0x115F},
                                                                 {0x2E80, 0xA4CF},
                                                                 {0xAC00, 0xD7A3},
                                                                 {0xF900, 0xFAFF},
                                                                 {0xFE30, 0xFE6F},
                                                                 {0xFF00, 0xFF60},
                                                                 {0xFFE0, 0xFFE6},
                                                                 {0x20000, 0x3FFFD}}};

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Bytes of the character at `at`; a stray byte is a character.
std::size_t character_length(std::string_view text, std::size_t at) {
  std::size_t n = 1;
  while (n < 4 && at + n < text.size() && continues(text[at + n])) ++n;
  return n;
}

std::size_t character_width(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  char32_t code = lead;
  if (character.size() > 1) {
    code = lead & (0xFFU >> (character.size() + 1));
    for (const char c : character.substr(1)) {
      code = (code << 6) | (static_cast<unsigned char>(c) & 0x3FU);
    }
  }
  return std::any_of(kWide.begin(), kWide.end(),
                     [&](const auto& r) { return code >= r.first && code <= r.second; })
             ? 2
             : 1;
}

/// The longest beginning, in whole characters, that takes at most `width` columns; one at least.
std::size_t prefix_length(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  std::size_t used = 0;
  while (at < text.size()) {
    const auto n = character_length(text, at);
    used += character_width(text.substr(at, n));
    if (used > width && at > 0) break;
    at += n;
  }
  return at;
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::vector<std::size_t> column_widths(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    const Column& column = grid.columns[i];
    std::size_t width = display_width(column.title);
    for (const Row& row : grid.rows) {
      if (i < row.cells.size()) width = std::max(width, display_width(one_line(row.cells[i])));
    }
    widths.push_back(column.cap == 0 ? width : std::min(width, column.cap));
  }
  return widths;
}

/// `lead` and then `text` in what is left of the line, on at most `most` lines.
void put_tail(std::vector<std::string>& lines, const std::string& lead, std::string_view text,
              std::size_t width, std::size_t most) {
  const std::size_t used = display_width(lead);
  const std::size_t room = std::max(width > used ? width - used : 0, kNarrowestLast);
  auto parts = wrap(text, room);
  if (parts.size() > most) {
    parts[most - 1] = fit(parts[most - 1] + " " + parts[most], room);
    parts.resize(most);
  }
  std::string start = lead;
  for (const std::string& part : parts) {
    lines.push_back(without_trailing_blanks(start + part));
    start.assign(used, ' ');
  }
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(out);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto n = character_length(text, at);
    width += character_width(text.substr(at, n));
    at += n;
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t room = width > kCut.size() ? width - kCut.size() : 1;
  return without_trailing_blanks(std::string(text.substr(0, prefix_length(text, room)))) +
         std::string(kCut);
}

std::string padded(std::string_view text, std::size_t width, Align align) {
  const std::size_t used = display_width(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return align == Align::left ? std::string(text) + blanks : blanks + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!(text = trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const std::size_t taken = display_width(lines.back());
    if (taken > 0 && taken + 1 + display_width(word) > width) {
      lines.emplace_back();
      continue;
    }
    const std::string_view part = word.substr(0, prefix_length(word, width));
    if (taken > 0) lines.back() += ' ';
    lines.back() += part;
    if (part.size() < word.size()) lines.emplace_back();
    text.remove_prefix(part.size());
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string> text_lines(const Grid& grid, std::size_t width, Overflow overflow) {
  std::vector<std::string> lines;
  if (grid.columns.empty()) return lines;
  const bool all = overflow == Overflow::wrap;
  const std::size_t cell_lines = all ? kUnlimited : 1;
  const std::size_t instead_lines = all ? kUnlimited : 2;  // room for a reason and its shortfall
  const auto widths = column_widths(grid);
  const std::size_t last = grid.columns.size() - 1;
  const auto put = [&](const Row& row) {
    std::string lead;
    for (std::size_t i = 0; i < row.cells.size() && i < widths.size(); ++i) {
      const std::string cell = one_line(row.cells[i]);
      const bool is_tail = i == last && grid.columns[i].align == Align::left;
      if (is_tail) return put_tail(lines, lead, cell, width, cell_lines);
      lead += padded(fit(cell, widths[i]), widths[i], grid.columns[i].align);
      if (i != last) lead += std::string(kGap, ' ');
    }
    put_tail(lines, lead, one_line(row.instead), width, instead_lines);
  };
  Row titles;
  for (const Column& c : grid.columns) titles.cells.push_back(c.title);
  const bool titled = std::any_of(titles.cells.begin(), titles.cells.end(),
                                  [](const std::string& t) { return !t.empty(); });
  if (titled) put(titles);
  for (const Row& row : grid.rows) put(row);
  return lines;
}

}  // namespace perfmodel::report
