// Tables of a report as RFC 4180, the same to the byte as the page's own downloads.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "report/csv_table.hpp"
#include "report/document.hpp"
#include "report/format.hpp"

namespace perfmodel::report {
namespace {

/// Digits without point, and where the point stands among them: 0.ddd times ten to `point`.
struct Decimal {
  std::string digits;
  int point = 0;
};

Decimal shortest(double value) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
          .ptr;
  const std::string_view s(text.data(), static_cast<std::size_t>(end - text.data()));
  const auto e = s.find('e');
  Decimal d;
  for (const char c : s.substr(0, e))
    if (c != '.') d.digits += c;
  d.point = std::atoi(std::string(s.substr(e + 1)).c_str()) + 1;
  return d;
}

}  // namespace

std::string plain_number(double value) {
  if (!std::isfinite(value)) return "";
  if (value == 0) return "0";
  if (value < 0) return "-" + plain_number(-value);
  constexpr int kLargest = 21, kSmallest = -6;  // of ECMA-262, Number::toString
  const auto d = shortest(value);
  const int n = static_cast<int>(d.digits.size());
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  if (d.point >= n && d.point <= kLargest) return d.digits + zeros(d.point - n);
  if (d.point > 0 && d.point <= kLargest)
    return d.digits.substr(0, static_cast<std::size_t>(d.point)) + "." +
           d.digits.substr(static_cast<std::size_t>(d.point));
  if (d.point > kSmallest && d.point <= 0) return "0." + zeros(-d.point) + d.digits;
  const int exponent = d.point - 1;
  return d.digits.substr(0, 1) + (n > 1 ? "." + d.digits.substr(1) : "") + "e" +
         (exponent < 0 ? "-" : "+") + std::to_string(std::abs(exponent));
}

std::string csv_name_of(const TableColumn& column) {
  if (!column.csv_name.empty()) return column.csv_name;
  std::string s = column.name;
  if (!column.unit.empty()) s += " " + (column.unit == "%" ? "percent" : column.unit);
  for (auto& c : s)
    if (c == ' ') c = '_';
  return s;
}

std::string table_csv(const Table& table) {
  std::string out;
  put(out, table.columns, [](const TableColumn& c) { return csv_name_of(c); });
  for (const auto& row : table.rows)
    put(out, row, [](const Cell& cell) {
      if (const auto* number = std::get_if<double>(&cell)) return plain_number(*number);
      const auto* text = std::get_if<std::string>(&cell);
      return text != nullptr ? *text : std::string();
    });
  return out;
}

}  // namespace perfmodel::report
