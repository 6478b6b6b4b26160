#include "power/coefficients.hpp"

#include "spec/config_file.hpp"

namespace perfmodel::power {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

constexpr FigureRule kShare{.min = 0, .min_exclusive = false, .max = 1};
/// A resource may draw more than the TDP at its full rate: the limit then holds it below that rate.
constexpr FigureRule kRate{.min = 0, .min_exclusive = false, .max = 4};
constexpr double kHighestPue = 4;

template <class Q>
void read(MapReader& r, std::string_view key, spec::Sourced<Q>& to, FigureRule rule) {
  if (auto f = r.figure<Q>(key, Need::required, rule)) to = std::move(*f);
}

}  // namespace

std::optional<Coefficients> read_coefficients(const spec::Document& document,
                                              spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "power", diagnostics);
  auto& root = file.root();
  auto c = file.begin<Coefficients>();
  if (auto chip = root.map("chip", Need::required)) {
    read(*chip, "idle", c.chip.idle, kShare);
    read(*chip, "active", c.chip.active, kShare);
    read(*chip, "matrix", c.chip.matrix, kRate);
    read(*chip, "vector", c.chip.vector, kRate);
    read(*chip, "memory", c.chip.memory, kRate);
    read(*chip, "link", c.chip.link, kRate);
    if (c.chip.idle.value + c.chip.active.value > Count::from_base(1.0))
      file.context().problem(chip->mark(), "chip", "idle and active add up to more than the TDP");
    chip->finish();
  }
  if (auto around = root.map("around", Need::required)) {
    read(*around, "fixed", c.around.fixed, {.min_exclusive = false});
    read(*around, "proportional", c.around.proportional, kRate);
    read(*around, "steady", c.around.steady, kShare);
    read(*around, "pue", c.around.pue, {.min = 1, .min_exclusive = false, .max = kHighestPue});
    around->finish();
  }
  return file.end(std::move(c));
}

}  // namespace perfmodel::power
