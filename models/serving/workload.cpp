#include "serving/workload.hpp"

#include "spec/reader.hpp"

namespace perfmodel::serving {

using spec::MapReader;
using spec::Need;

namespace {
constexpr long kMaxTokens = 100'000'000;
}

std::optional<Workload> read_workload(const spec::Document& document,
                                      spec::Diagnostics& diagnostics) {
  const auto before = diagnostics.size();
  spec::Context context(document, "workload", diagnostics);
  MapReader root(document.root, "", context);
  Workload w;
  auto header = spec::read_header(root, "workload");
  w.id = std::move(header.id);
  w.name = std::move(header.name);
  w.aliases = std::move(header.aliases);
  w.about = root.text("about", Need::required).value_or("");
  w.input = static_cast<double>(root.integer("input", Need::required, 1, kMaxTokens).value_or(1));
  w.output = static_cast<double>(root.integer("output", Need::required, 1, kMaxTokens).value_or(1));
  w.spread = root.number("spread", Need::optional, 0.0, 1.0).value_or(0.0);
  w.prefix_hit = root.number("prefix_hit", Need::optional, 0.0, 0.999).value_or(0.0);
  if (auto slo = root.map("slo", Need::optional)) {
    w.slo.ttft = slo->quantity<Time>("ttft", Need::optional);
    w.slo.tpot = slo->quantity<Time>("tpot", Need::optional);
    slo->finish();
  }
  root.finish();
  context.finish();
  if (diagnostics.size() != before) return std::nullopt;
  return w;
}

}  // namespace perfmodel::serving
