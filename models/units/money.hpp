// Prices by time and by energy: "2.9 USD/h", "0.08 USD/kWh".
#pragma once

#include "units/quantity.hpp"

namespace perfmodel {

using UsdRate = decltype(Usd{} / Time{});
using EnergyPrice = decltype(Usd{} / Energy{});
using ExchangeRate = decltype(Cny{} / Usd{});

inline constexpr double kHour = 3600.0;               // s
inline constexpr double kYear = 365.25 * 24 * kHour;  // s
inline constexpr double kKilowattHour = 1e3 * kHour;  // J

}  // namespace perfmodel
