#include "tco/prices.hpp"

#include "spec/reader.hpp"

namespace perfmodel::tco {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

constexpr FigureRule kLifetime{.min = kYear / 12, .max = 50 * kYear};
constexpr FigureRule kShareOrNone{.min = 0, .min_exclusive = false, .max = 4};

template <class Q>
void read(MapReader& r, std::string_view key, spec::Sourced<Q>& to, FigureRule rule) {
  if (auto f = r.figure<Q>(key, Need::required, rule)) to = std::move(*f);
}

}  // namespace

std::optional<Prices> read_prices(const spec::Document& document, spec::Diagnostics& diagnostics) {
  const auto before = diagnostics.size();
  spec::Context context(document, "prices", diagnostics);
  MapReader root(document.root, "", context);
  Prices p;
  auto header = spec::read_header(root, "prices");
  p.id = std::move(header.id);
  p.name = std::move(header.name);
  p.sources = context.read_sources();
  read(root, "lifetime", p.lifetime, kLifetime);
  read(root, "interest", p.interest, {.min = 0, .min_exclusive = false, .max = 1});
  read(root, "surroundings", p.surroundings, kShareOrNone);
  read(root, "yuan", p.yuan, {});
  read(root, "electricity", p.electricity, {.min_exclusive = false});
  p.notes = root.texts("notes", Need::optional);
  root.finish();
  context.finish();
  if (diagnostics.size() != before) return std::nullopt;
  return p;
}

}  // namespace perfmodel::tco
