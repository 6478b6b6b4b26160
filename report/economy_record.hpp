// Power, energy and cost of an answer as data.
#pragma once

#include <string>

#include "units/money.hpp"

namespace perfmodel::report {

inline constexpr double kMillion = 1e6;  // tokens that energy and cost are quoted for

/// A number and, with samples, its interval.
template <class Q>
struct Likely {
  Q value{};
  Q p10{}, p90{};
};

/// A chip's power by what draws it.
struct ChipPowerRow {
  Power idle{}, active{}, matrix{}, vector{}, memory{}, link{};

  Power total() const { return idle + active + matrix + vector + memory + link; }
};

/// At the answer's load, whole systems.
struct PowerRow {
  std::string absent;  // why there is none; the rest is then meaningless

  Power tdp{};           // of one chip
  ChipPowerRow chip;     // mean of a chip that decodes (and prefills, without a pool for that)
  bool limited = false;  // such a chip is held at its TDP
  Power chips{};         // all of them
  Power around{};        // hosts, network, fans, conversion
  Likely<Power> systems;
  Likely<Power> site;  // with the cooling of the room
  double pue = 1;
  Likely<Energy> token;  // of the site, by output token
  /// The systems at their most: published, or what the TDPs and a part for the rest add up to.
  Power nameplate{};
  bool nameplate_published = false;
  std::string nameplate_grade;
  std::string weakest_grade;  // of the figures that power rests on
  std::string weakest_path;
  std::string widest;  // the unknown that moves the energy of a token most
};

/// All systems paid for at all hours.
struct CostRow {
  std::string absent;  // why there is none in money; `of_capital` remains

  Usd capital{};
  std::string capital_scope;  // "system", or "chips": their price and a part for the rest
  std::string grade, path;    // of the weakest figure in the capital, and of its price
  UsdRate capital_rate{};
  UsdRate electricity{};
  double prefill_share = 0;  // of the chips' time, which is what input costs
  Likely<Usd> input;         // by token
  Likely<Usd> output;
  /// At the published rate for renting such chips; zero where there is none.
  Usd rented_input{}, rented_output{};
  std::string widest;  // the unknown that moves the cost of an output token most
  /// Capital alone by token, as parts of the systems' price: needs no price.
  double input_of_capital = 0, output_of_capital = 0;
};

}  // namespace perfmodel::report
