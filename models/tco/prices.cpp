#include "tco/prices.hpp"

#include "spec/config_file.hpp"

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
  spec::ConfigFile file(document, "prices", diagnostics);
  auto& root = file.root();
  auto p = file.begin<Prices>();
  read(root, "lifetime", p.lifetime, kLifetime);
  read(root, "interest", p.interest, {.min = 0, .min_exclusive = false, .max = 1});
  read(root, "surroundings", p.surroundings, kShareOrNone);
  read(root, "yuan", p.yuan, {});
  read(root, "electricity", p.electricity, {.min_exclusive = false});
  return file.end(std::move(p));
}

}  // namespace perfmodel::tco
