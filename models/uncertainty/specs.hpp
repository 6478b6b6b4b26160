// The figures behind an answer as knobs: what may be drawn anew for each sample, and the machines
// that follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cost/stack.hpp"
#include "hw/family.hpp"
#include "hw/system.hpp"
#include "search/provenance.hpp"
#include "uncertainty/spread.hpp"

namespace perfmodel::uncertainty {

/// Whose the figure is. `fitted` ones (software profiles, kernel curves and factors of an
/// architecture) were found by comparing predictions with measurements, so what is unknown of them
/// is within the residuals too; `hardware` comes from data sheets, papers and the press.
enum class Side : std::uint8_t { hardware, fitted };

struct Knob {
  std::string key;   // "chip.memory.bandwidth ascend910c.yaml": equal for the same figure anywhere
  std::string path;  // "chip.memory.bandwidth"
  spec::Grade grade = spec::Grade::assumed;
  Side side = Side::hardware;
  Spread spread;
  /// Where the figure stands: more than once where a tier takes the chip's own link, or where two
  /// pools run on the same chip.
  std::vector<void*> places;
  void (*put)(void* place, double base) = nullptr;

  void set(double base) const {
    for (auto* p : places) put(p, base);
  }
};

/// Own copies of everything that a machine is made of, and the knobs into them. Not copied or
/// moved, since the knobs point inside; each thread makes its own.
class Specs {
 public:
  /// `prefill`: the site of a prefill pool with systems of its own, nullptr for none.
  Specs(const search::Site& site, const search::Site* prefill, const cost::Stack& stack);
  Specs(const Specs&) = delete;
  Specs& operator=(const Specs&) = delete;

  /// Every figure whose range has a width, in a fixed order, each once.
  const std::vector<Knob>& knobs() const { return knobs_; }

  const cost::Stack& stack() const { return stack_; }
  cost::Machine machine() const;
  /// Of the prefill pool's own site; only where there is one.
  std::optional<cost::Machine> prefill_machine() const;

 private:
  struct Place {
    explicit Place(const search::Site& s)
        : chip(s.chip), family(s.family), system(s.system), systems(s.systems) {}
    hw::Chip chip;
    hw::Family family;
    hw::System system;
    int systems;
  };
  template <class Q>
  void add(spec::Sourced<Q>& f, Side side, double min = 0, double max = 1e300);
  template <class Q>
  void add(std::optional<spec::Sourced<Q>>& f, Side side, double min = 0, double max = 1e300);
  void add_hardware(Place& p);
  void add_family(hw::Family& f);
  void add_stack(cost::Stack& s);

  cost::Stack stack_;
  Place decode_;
  std::optional<Place> prefill_;
  std::vector<Knob> knobs_;
};

}  // namespace perfmodel::uncertainty
