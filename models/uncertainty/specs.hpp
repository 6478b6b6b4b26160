// The figures behind an answer as knobs: what may be drawn anew for each sample, and the machines
// that follow.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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

  /// Its spread on each chip that may be the one at hand, where there are several.
  std::vector<Spread> on_bin;
  /// Not of a figure but of the choice between such chips: the chance of each or one before it.
  std::vector<double> up_to;

  bool is_choice() const { return !up_to.empty(); }
  void set(double base) const {
    for (auto* p : places) put(p, base);
  }
};

/// Own copies of everything that a machine is made of, and the knobs into them. Not copied or
/// moved, since the knobs point inside; each thread makes its own.
class Specs {
 public:
  /// `uncertain`: those that may be other than they are taken for.
  enum class Take : std::uint8_t { uncertain, all };
  /// `prefill`: the site of a prefill pool with systems of its own, nullptr for none.
  Specs(const search::Site& site, const search::Site* prefill, const cost::Stack& stack,
        Take take = Take::uncertain);
  Specs(const Specs&) = delete;
  Specs& operator=(const Specs&) = delete;

  /// Every figure that is taken, in a fixed order, each once; the choice of a chip before its
  /// figures.
  const std::vector<Knob>& knobs() const { return knobs_; }

  const cost::Stack& stack() const { return stack_; }
  /// Sets a knob to the figure, or the chip, below which a draw falls with probability u.
  void draw(std::size_t knob, double u);
  /// All figures at the values of a chip: 0 is the site's own, the others are its bins.
  void choose(std::size_t bin);
  std::size_t bin() const { return bin_; }

  cost::Machine machine() const;
  /// Of the prefill pool's own site; only where there is one.
  std::optional<cost::Machine> prefill_machine() const;

 private:
  struct Place {
    explicit Place(const search::Site& s)
        : chip(s.chip), family(s.family), system(s.system), systems(s.systems), bins(s.bins) {}
    hw::Chip chip;
    hw::Family family;
    hw::System system;
    int systems;
    std::span<const search::OtherBin> bins;
  };
  template <class Q>
  void add(spec::Sourced<Q>& f, Side side, double min = 0, double max = 1e300);
  template <class Q>
  void add(std::optional<spec::Sourced<Q>>& f, Side side, double min = 0, double max = 1e300);
  void add_chip(hw::Chip& c, std::span<const search::OtherBin> bins);
  void add_hardware(Place& p);
  void add_family(hw::Family& f);
  void add_stack(cost::Stack& s);

  cost::Stack stack_;
  Place decode_;
  std::optional<Place> prefill_;
  Take take_;
  std::vector<Knob> knobs_;
  std::size_t bin_ = 0;
};

}  // namespace perfmodel::uncertainty
