// A named accelerator package: what its data sheet, its papers or the press say about it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "hw/status.hpp"
#include "spec/document.hpp"
#include "spec/number_format.hpp"
#include "spec/sourced.hpp"
#include "units/money.hpp"

namespace perfmodel::hw {

template <class Q>
using Figure = std::optional<spec::Sourced<Q>>;

/// Another chip that goes by the same name, so that which of the two is at hand is not known.
struct Bin {
  std::string chip;            // id; stands for itself with all of its figures
  spec::Sourced<Count> share;  // chance that it is this one
};

/// All figures are for the whole package. A figure that nobody published is absent.
struct Chip {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string vendor;
  std::string family;
  Status status = Status::shipping;
  std::string released;
  std::string banner;
  int dies = 1;
  int devices =
      1;  // what software addresses; each is one rank and has an equal share of everything
  Figure<Count> cores;
  Figure<Frequency> clock;  // of the matrix units, at which the peaks are stated
  /// Dense peak of the matrix units alone, by compute type.
  std::array<Figure<OpRate>, spec::kComputeCount> matrix;
  /// Types the chip is known to lack; a type that is neither here nor in `matrix` is unknown.
  std::array<bool, spec::kComputeCount> absent{};
  Figure<OpRate> vector_fp16;
  Figure<OpRate> vector_fp32;
  std::optional<bool> block_scales;  // MX / UE8M0 block scales in hardware
  std::string memory_kind;
  std::optional<int> memory_stacks;
  Figure<Bytes> memory_capacity;
  Figure<Bandwidth> memory_bandwidth;
  Figure<Bytes> cache;
  Figure<Bandwidth> link_scale_up;   // one way
  Figure<Bandwidth> link_scale_out;  // one way
  Figure<Power> tdp;
  Figure<Usd> price_usd;
  Figure<Cny> price_cny;
  Figure<UsdRate> rental;      // of one chip with its share of everything around it
  Figure<UsdRate> owner_cost;  // total cost of owning one, as others reckon it; to compare with
  std::string system;          // default system of an answer, empty for the generic one
  std::vector<std::string> alternatives;
  std::vector<Bin> bins;  // beside this one; shares add up to less than 1
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;

  const Figure<OpRate>& peak(spec::Compute c) const { return matrix[spec::index(c)]; }
};

/// Reads a chip; problems go to `diagnostics`, and the result is empty if there were any.
std::optional<Chip> read_chip(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::hw
