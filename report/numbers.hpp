// Numbers for readers: few digits, thousands apart, a unit. For machines see csv_number.
// Locale-proof.
#pragma once

#include <string>
#include <string_view>

#include "report/scales.hpp"
#include "units/quantity.hpp"

namespace perfmodel::report {

inline constexpr std::string_view kNoNumber = "-";  // shown for infinities and NaN

/// Rounded to `digits` significant digits: "1,943", "746,100", "49.38", "0.00012".
std::string number(double value, int digits = kDigits);

/// A count that is known exactly: "131,072". Rounded as above where it has a fraction.
std::string whole(double value);

/// "384 chips", "1 chip".
std::string counted(double value, std::string_view noun);

/// 0.612 is "61.2 %".
std::string percent(double ratio);

/// "49.38 ms", "21.3 GB".
std::string time_text(Time value, int digits = kDigits);
std::string bytes_text(Bytes value);

/// 671e9 is "671 billion".
std::string parameters_text(double value);

}  // namespace perfmodel::report
