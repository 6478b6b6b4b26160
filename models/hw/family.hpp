// What the chips of one architecture share, and what may stand in for a figure that nobody
// published.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/chip.hpp"
#include "hw/kernel_curve.hpp"

namespace perfmodel::hw {

struct Family {
  std::string id;
  std::string name;
  std::string parent;   // architecture whose curves stand in for those not measured here
  double tile_m = 128;  // output tile of the matrix kernels, in elements
  double tile_n = 128;
  Figure<Bandwidth> memory_bandwidth;
  Figure<Bytes> memory_capacity;
  Figure<Bandwidth> scale_up;
  Figure<Power> tdp;
  std::array<Figure<OpRate>, spec::kComputeCount> matrix;
  KernelCurves kernels;
  /// In place of the profile's exponent of the smooth maximum: how much of compute and memory time
  /// hides the other is the cores' doing.
  std::optional<double> sharpness;
  // How this architecture's chips do against what a software profile says of chips in general; 1
  // where nothing is known.
  Figure<Count> scale_matrix;    // of matrix efficiencies
  Figure<Count> scale_memory;    // of memory efficiency
  Figure<Count> scale_software;  // of software times
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;
};

std::optional<Family> read_family(const spec::Document& document, spec::Diagnostics& diagnostics);

/// The chip with every absent figure that `family` can stand in for filled in (grade `assumed`).
/// Peaks are filled only for FP16 when no 16-bit peak is known, since a type's mere absence is not
/// a gap.
Chip with_assumed(const Chip& chip, const Family& family);

}  // namespace perfmodel::hw
