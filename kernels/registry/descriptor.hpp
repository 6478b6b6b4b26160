// What a kernel says about itself: the one record that feeds its tests, its benchmarks, the list of
// kernels and the comparison with the roofline.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/registry/team.hpp"
#include "kernels/registry/tier.hpp"
#include "units/quantity.hpp"

namespace perfmodel::kernels {

/// How to run: on which tier, by which threads.
struct Exec {
  Tier tier;
  Team& team;
};

/// Sizes of one call; each family says in `Descriptor::shape_meaning` what they are.
struct Shape {
  std::int64_t m = 1, n = 1, k = 1, groups = 1;
};
std::string to_string(const Shape& s);

/// Work of one call. Bytes are those of the algorithm at each level: `memory` counts every operand
/// once, read or written; `l2` what passes between L1 and L2 with the blocking in use; `l1` what
/// loads and stores move. Operands that fit into a level are read from there however often they are
/// used.
struct Cost {
  Ops flops;
  Bytes memory;
  Bytes l2;
  Bytes l1;
};

/// The data of one call, ready to run again and again.
class Case {
 public:
  Case() = default;
  virtual ~Case() = default;
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  /// Throws std::invalid_argument where the kernel lacks the tier or the machine cannot run it.
  virtual void run(const Exec& exec) = 0;
  /// Largest error of the last run against a float64 reference, in the measure that `error_reason`
  /// names. Computes the reference on first use, which may take long for a large shape.
  virtual double error() = 0;
};

/// A benchmark wants operands that come from memory: a case with weights then holds enough copies
/// of them to go beyond all caches and takes the next copy with each run. Others, as attention, are
/// given shapes that are large enough. A test may count what would cost a benchmark time.
enum class Purpose : std::uint8_t { test, benchmark };

struct Descriptor {
  std::string name;    // unique, "<family>/<formats>"
  std::string family;  // "gemv"
  std::string summary;
  std::string shape_meaning;  // "m: rows of activations, ..."
  std::string weights, activations, scales;
  std::vector<Tier> tiers;
  double max_error = 0.0;
  std::string error_reason;  // the measure, and why it can be no larger
  /// Tiers that are less exact than the others, and how much.
  struct Coarser {
    Tier tier;
    double max_error;
  };
  std::vector<Coarser> coarser_tiers;
  std::function<Cost(const Shape&)> cost;
  std::function<std::unique_ptr<Case>(const Shape&, Purpose)> make;
  std::vector<Shape> test_shapes;
  std::vector<Shape> benchmark_shapes;

  double max_error_of(Tier tier) const;
};

/// All kernels, in the order of their families. Built on first use.
const std::vector<Descriptor>& descriptors();

/// nullptr where there is none of that name.
const Descriptor* descriptor_named(std::string_view name);

}  // namespace perfmodel::kernels
