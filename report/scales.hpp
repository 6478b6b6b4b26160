// What numbers are divided and multiplied by on their way from base units into tables, and how many
// digits of them are worth showing.
#pragma once

namespace perfmodel::report {

inline constexpr double kMilli = 1e3, kMicro = 1e6;  // per base unit
// Base units in one. Dividing by them rounds once: 21.31 GB stays 21.31.
inline constexpr double kKilo = 1e3, kMega = 1e6, kGiga = 1e9, kTera = 1e12;

inline constexpr int kDigits = 4;
/// Of intervals, ratios, shares, and what stands beside other numbers of its kind.
inline constexpr int kFewDigits = 3;

}  // namespace perfmodel::report
