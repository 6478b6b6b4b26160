// Cost of running a system, and of the tokens that it turns out.
#pragma once

#include <cstdint>
#include <string>

#include "hw/chip.hpp"
#include "hw/system.hpp"
#include "spec/outcome.hpp"
#include "tco/prices.hpp"

namespace perfmodel::tco {

/// What a price is of: the whole system as published, or its chips with a share for the rest.
enum class Scope : std::uint8_t { system, chips };

/// What the systems cost to buy, on the best price there is: the system's in dollars, the chip's in
/// dollars, then both in yuan. A chip's counts times the chips and one plus `surroundings`.
struct Capital {
  Usd value{};
  Scope scope = Scope::system;
  spec::Grade grade = spec::Grade::assumed;  // of the weakest figure in it
  std::string path;                          // of the price: "system.price.usd"
};
/// Fails where nobody published a price: then nothing takes its place.
spec::Outcome<Capital> capital_of(const hw::System& system, const hw::Chip& chip, int systems,
                                  const Prices& prices);

/// Equal payments over the lifetime that pay off one dollar with interest i by the year, L years:
/// i / (1 - (1 + i)^-L) by the year; 1 / L without interest.
Frequency recovery_rate(const Prices& prices);

/// Dollars by time, of whole systems at all hours.
struct RunningCost {
  UsdRate capital{};
  UsdRate electricity{};

  UsdRate total() const { return capital + electricity; }
};
/// `site_power`: with the cooling.
RunningCost running_cost(const Capital& capital, Power site_power, const Prices& prices);

/// Cost by token, that of the time which prefill takes on what is read and that of decoding on what
/// is written. `cost` by time in any unit of value.
template <class Rate>
struct TokenCost {
  decltype(Rate{} / Frequency{}) input{};
  decltype(Rate{} / Frequency{}) output{};
};
/// `prefill_share`: of the devices' time. An answer without input (or output) has no cost for it.
template <class Rate>
TokenCost<Rate> by_token(Rate cost, double prefill_share, Frequency input, Frequency output) {
  TokenCost<Rate> t;
  if (input.base() > 0) t.input = cost * prefill_share / input;
  if (output.base() > 0) t.output = cost * (1.0 - prefill_share) / output;
  return t;
}

}  // namespace perfmodel::tco
