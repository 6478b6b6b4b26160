#include "negative/gadget.hpp"

namespace perfmodel::test {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

enum class Status { shipping, announced };

constexpr FigureRule kBinary{.prefixes = Prefixes::binary};
constexpr FigureRule kEither{.prefixes = Prefixes::either};
constexpr FigureRule kMayBeZero{.min_exclusive = false};
constexpr FigureRule kShare{.min_exclusive = false, .max = 1.0};
constexpr FigureRule kAtLeastOne{.min = 1.0, .min_exclusive = false};

void read_tier(MapReader tier) {
  tier.text("name", Need::required);
  tier.integer("extent", Need::required, 1, 1024);
  tier.figure<Time>("latency", Need::optional, kMayBeZero);
  tier.finish();
}

}  // namespace

void read_gadget(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::Context context(document, "gadget", diagnostics);
  MapReader root(document.root, "", context);
  spec::read_header(root, "gadget");
  context.read_sources();
  root.choice<Status>("status", Need::optional,
                      {{"shipping", Status::shipping}, {"announced", Status::announced}});
  root.integer("layers", Need::optional, 1, 1000);
  root.number("share", Need::optional, 0.0, 1.0);
  root.boolean("sparse", Need::optional);
  root.texts("notes", Need::optional);
  root.quantity<Time>("ttft", Need::optional);
  root.figure<Bandwidth>("bandwidth", Need::required);
  root.figure<BitRate>("port", Need::optional);
  root.figure<OpRate>("peak", Need::optional);
  root.figure<Count>("efficiency", Need::optional, kShare);
  root.figure<Count>("parameters", Need::optional, kAtLeastOne);
  root.figure<Bytes>("cache", Need::optional, kBinary);
  if (auto memory = root.map("memory", Need::optional)) {
    memory->text("kind", Need::required);
    memory->figure<Bytes>("capacity", Need::optional, kEither);
    memory->finish();
  }
  for (auto& tier : root.maps("tiers", Need::optional)) read_tier(std::move(tier));
  root.finish();
  context.finish();
}

}  // namespace perfmodel::test
