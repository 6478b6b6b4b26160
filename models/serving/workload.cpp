#include "serving/workload.hpp"

#include "spec/config_file.hpp"
#include "units/number.hpp"

namespace perfmodel::serving {

using spec::Need;

namespace {
constexpr long kMaxTokens = 100'000'000;
constexpr int kMaxDrafts = 16;
}  // namespace

std::optional<Speculation> parse_speculation(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto drafts = entire_number<int>(text.substr(0, colon));
  const auto accepted = entire_number<double>(text.substr(colon + 1));
  if (!drafts || *drafts < 1 || *drafts > kMaxDrafts) return std::nullopt;
  if (!accepted || !(*accepted >= 0 && *accepted <= *drafts)) return std::nullopt;
  return Speculation{*drafts, *accepted};
}

Speculation speculation(int drafts, double acceptance) {
  Speculation s{drafts, 0};
  double chance = 1;
  for (int i = 0; i < drafts; ++i) s.accepted += chance *= acceptance;
  return s;
}

std::optional<Workload> read_workload(const spec::Document& document,
                                      spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "workload", diagnostics);
  auto& root = file.root();
  auto w = file.begin<Workload>();
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
  return file.end(std::move(w));
}

}  // namespace perfmodel::serving
