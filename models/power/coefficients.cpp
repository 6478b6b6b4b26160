#include "power/coefficients.hpp"

#include "spec/reader.hpp"

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
  const auto before = diagnostics.size();
  spec::Context context(document, "power", diagnostics);
  MapReader root(document.root, "", context);
  Coefficients c;
  auto header = spec::read_header(root, "power");
  c.id = std::move(header.id);
  c.name = std::move(header.name);
  c.sources = context.read_sources();
  if (auto chip = root.map("chip", Need::required)) {
    read(*chip, "idle", c.chip.idle, kShare);
    read(*chip, "active", c.chip.active, kShare);
    read(*chip, "matrix", c.chip.matrix, kRate);
    read(*chip, "vector", c.chip.vector, kRate);
    read(*chip, "memory", c.chip.memory, kRate);
    read(*chip, "link", c.chip.link, kRate);
    if (c.chip.idle.value + c.chip.active.value > Count::from_base(1.0))
      context.problem(chip->mark(), "chip", "idle and active add up to more than the TDP");
    chip->finish();
  }
  if (auto around = root.map("around", Need::required)) {
    read(*around, "fixed", c.around.fixed, {.min_exclusive = false});
    read(*around, "proportional", c.around.proportional, kRate);
    read(*around, "steady", c.around.steady, kShare);
    read(*around, "pue", c.around.pue, {.min = 1, .min_exclusive = false, .max = kHighestPue});
    around->finish();
  }
  c.notes = root.texts("notes", Need::optional);
  root.finish();
  context.finish();
  if (diagnostics.size() != before) return std::nullopt;
  return c;
}

}  // namespace perfmodel::power
