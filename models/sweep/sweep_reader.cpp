#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "spec/reader.hpp"
#include "spec/wording.hpp"
#include "sweep/axis_values.hpp"
#include "sweep/sweep.hpp"
#include "units/number.hpp"

namespace perfmodel::sweep {
namespace {

using spec::MapReader;
using spec::Need;

constexpr double kMaxTokens = 100'000'000;
constexpr double kMaxBatch = 1'000'000;
constexpr double kMaxCount = 100'000;
constexpr double kMaxStages = 1'000;
constexpr double kMaxPrefixHit = 0.999;
constexpr NumberRule kLinkScales = {.min = 0.001, .max = 1000};
/// Overrides can change the files of these kinds. Not of LLMs: the candidates of `parallel: auto`
/// would be those of another model.
constexpr std::array<std::string_view, 5> kSettable = {"chip", "family", "memory", "system",
                                                       "stack"};

void problem(MapReader& map, std::string_view key, const Word& w, std::string message,
             std::string hint) {
  map.context().problem(w.mark, map.child(key), std::move(message), std::move(hint));
}

/// Words of a closed set, `otherwise` among them.
template <class E>
std::vector<Word> read_formats(MapReader& map, std::string_view key,
                               const std::vector<std::pair<std::string_view, E>>& options) {
  const auto words = read_words(map, key, kNative);
  std::vector<std::string_view> names = {kNative};
  for (const auto& o : options) names.push_back(o.first);
  for (const auto& w : words)
    if (std::find(names.begin(), names.end(), w.text) == names.end())
      problem(map, key, w, fmt::format("unknown format {}", quoted(w.text)),
              spec::nearest_hint(w.text, names));
  return words;
}

/// Words that are what the option of that name takes.
std::vector<Word> read_what_if(MapReader& axes, std::string_view name, const std::string& hint) {
  auto words = read_words(axes, name, kOwn);
  for (const auto& w : words) {
    if (w.text == kOwn) continue;
    hw::WhatIf what_if;
    const auto bad = hw::set(what_if, name, w.text);
    if (!bad.empty()) problem(axes, name, w, bad, hint);
  }
  return words;
}

std::vector<Word> read_parallel(MapReader& axes) {
  auto words = read_words(axes, "parallel", kAuto);
  if (words.size() == 1 && words[0].text == kAuto) return {};
  for (const auto& w : words) {
    std::vector<std::string> problems;
    if (w.text == kAuto)
      problems.emplace_back("'auto' stands alone: it tries every candidate");
    else
      mapping::parse_parallelism(w.text, problems);
    for (const auto& p : problems) problem(axes, "parallel", w, p, "");
  }
  return words;
}

std::vector<SetAxis> read_sets(MapReader& axes) {
  std::vector<SetAxis> r;
  for (auto& m : axes.maps("set", Need::optional)) {
    SetAxis a;
    a.path = {m.text("path", Need::required).value_or(""), m.mark_of_value("path")};
    const auto kind = a.path.text.substr(0, a.path.text.find('.'));
    const bool known = std::find(kSettable.begin(), kSettable.end(), kind) != kSettable.end();
    if (!a.path.text.empty() && (!known || kind.size() + 1 >= a.path.text.size()))
      problem(m, "path", a.path, fmt::format("{} cannot be set", quoted(a.path.text)),
              "a path begins with chip, family, memory, system or stack: chip.memory.bandwidth");
    for (auto& w : read_words(m, "values", "")) a.values.push_back(std::move(w.text));
    m.finish();
    const auto same = [&](const SetAxis& other) { return other.path.text == a.path.text; };
    if (std::any_of(r.begin(), r.end(), same))
      problem(m, "path", a.path, fmt::format("{} is there twice", quoted(a.path.text)), "");
    r.push_back(std::move(a));
  }
  return r;
}

void read_axes(MapReader& axes, Sweep& s) {
  if (!axes.has("chip") && !axes.has("system"))
    axes.context().problem(axes.mark(), axes.path(), "names neither chips nor systems",
                           "chip: [h100, h20] or system: [gb200-nvl72]");
  if (axes.has("chip")) s.chips = read_words(axes, "chip", "");
  if (axes.has("system")) s.systems = read_words(axes, "system", "");
  s.llms = read_words(axes, "llm", "");
  s.stacks = read_words(axes, "stack", "typical");
  s.memories = read_words(axes, "memory", kOwn);
  for (const auto& w : s.memories)
    if (w.text != kOwn && !hw::parse_memory_swap(w.text))
      problem(axes, "memory", w, fmt::format("{} is no memory", quoted(w.text)),
              "'own', or KIND:STACKS as in hbm3e:8");
  s.dies = read_what_if(axes, "dies", "'own', or a number as in 4");
  s.clocks = read_what_if(axes, "clock", "'own', a factor as in 1.2x, or a clock as in 2 GHz");
  s.natives = read_what_if(axes, "native", "'own', or types as in fp8 or fp8:fp4");
  auto storage = spec::storage_options();
  s.weights = read_formats(axes, "weights", storage);
  s.kv = read_formats(axes, "kv", storage);
  s.compute = read_formats(axes, "compute", spec::compute_options());
  s.speculate = read_words(axes, "speculate", kNone);
  for (const auto& w : s.speculate)
    if (w.text != kNone && !serving::parse_speculation(w.text))
      problem(axes, "speculate", w, fmt::format("{} is no speculation", quoted(w.text)),
              "'none', or DRAFTS:ACCEPTED as in 1:0.7");
  s.parallel = read_parallel(axes);
  s.sets = read_sets(axes);
  s.counts = read_numbers(axes, "count", {.min = 1, .max = kMaxCount, .whole = true}, {1});
  s.link_scales = read_numbers(axes, "link_scale", kLinkScales, {1});
  const NumberRule tokens = {.min = 1, .max = kMaxTokens, .whole = true};
  s.inputs = read_numbers(axes, "input", tokens, {});
  s.outputs = read_numbers(axes, "output", tokens, {});
  s.prefix_hits = read_numbers(axes, "prefix_hit", {.min = 0, .max = kMaxPrefixHit}, {0});
  s.batches = read_numbers(axes, "batch", {.min = 1, .max = kMaxBatch, .whole = true}, {});
  axes.finish();
}

/// The index of a metric, or a problem.
std::optional<std::size_t> metric(MapReader& map, std::string_view key, const Word& name) {
  const auto m = find_metric(name.text);
  if (!m)
    problem(map, key, name, fmt::format("unknown metric {}", quoted(name.text)),
            metric_hint(name.text));
  return m;
}

std::optional<std::size_t> read_metric(MapReader& map, std::string_view key) {
  const auto text = map.text(key, Need::required);
  if (!text) return std::nullopt;
  return metric(map, key, {*text, map.mark_of_value(key)});
}

Keep read_keep(MapReader& map) {
  constexpr double kAny = 1e300;
  Keep k;
  k.fits = map.boolean("fits", Need::optional).value_or(false);
  k.slo = map.boolean("slo", Need::optional).value_or(false);
  for (auto& b : map.maps("bounds", Need::optional)) {
    Keep::Bound bound;
    bound.metric = read_metric(b, "metric").value_or(0);
    bound.min = b.number("min", Need::optional, -kAny, kAny).value_or(bound.min);
    bound.max = b.number("max", Need::optional, -kAny, kAny).value_or(bound.max);
    if (!b.has("min") && !b.has("max"))
      b.context().problem(b.mark(), b.path(), "bounds nothing", "give min, max or both");
    if (bound.min > bound.max)
      b.context().problem(b.mark(), b.path(), "min is above max", "no point would be kept");
    b.finish();
    k.bounds.push_back(bound);
  }
  map.finish();
  return k;
}

Pareto read_pareto(MapReader& map) {
  Pareto p;
  p.x = read_metric(map, "x").value_or(0);
  p.y = read_metric(map, "y").value_or(0);
  if (map.has("by")) {
    p.by.clear();
    for (const auto& w : read_words(map, "by", "")) {
      const auto at = std::find(kAxisNames.begin(), kAxisNames.end(), w.text);
      const auto axis = static_cast<Axis>(at - kAxisNames.begin());
      if (at == kAxisNames.end() || axis == Axis::parallel)
        problem(map, "by", w, fmt::format("cannot group by {}", quoted(w.text)),
                spec::nearest_hint(w.text, {kAxisNames.begin(), kAxisNames.end()}));
      else
        p.by.push_back(axis);
    }
  }
  map.finish();
  return p;
}

void read_sampling(MapReader& root, Sweep& s) {
  const long samples = root.integer("samples", Need::optional, 0, kMostSamples).value_or(0);
  if (!are_samples(samples))
    root.context().problem(root.mark_of_value("samples"), "samples",
                           fmt::format("{} is neither 0 (no intervals) nor between {} and {}",
                                       samples, kFewestSamples, kMostSamples),
                           "samples: 1024");
  s.samples = static_cast<std::size_t>(samples);
  constexpr long kMostSeed = std::numeric_limits<long>::max();
  s.seed =
      static_cast<std::uint64_t>(root.integer("seed", Need::optional, 0, kMostSeed).value_or(1));
}

}  // namespace

std::optional<Sweep> read_sweep(const spec::Document& document, spec::Diagnostics& diagnostics) {
  const auto before = diagnostics.size();
  spec::Context context(document, "sweep", diagnostics);
  MapReader root(document.root, "", context);
  Sweep s;
  auto header = spec::read_header(root, "sweep");
  s.id = std::move(header.id);
  s.name = std::move(header.name);
  s.aliases = std::move(header.aliases);
  s.about = root.text("about", Need::required).value_or("");
  if (auto axes = root.map("axes", Need::required)) read_axes(*axes, s);
  s.stages = read_numbers(root, "stages", {.min = 1, .max = kMaxStages, .whole = true}, {1});
  s.spread = root.number("spread", Need::optional, 0.0, 1.0).value_or(0.0);
  s.assume = root.boolean("assume", Need::optional).value_or(false);
  s.fallback =
      root.choice<mapping::Fallback>("fallback", Need::optional, mapping::fallback_options())
          .value_or(mapping::Fallback::automatic);
  if (auto slo = root.map("slo", Need::optional)) {
    s.slo.ttft = slo->quantity<Time>("ttft", Need::optional);
    s.slo.tpot = slo->quantity<Time>("tpot", Need::optional);
    slo->finish();
  }
  if (auto keep = root.map("keep", Need::optional)) s.keep = read_keep(*keep);
  if (s.keep.slo && !root.has("slo"))
    context.problem(root.mark_of_value("keep"), "keep.slo", "there is no SLO to keep",
                    "slo: {ttft: 2 s, tpot: 50 ms}");
  if (auto pareto = root.map("pareto", Need::optional)) s.pareto = read_pareto(*pareto);
  if (root.has("columns"))
    for (const auto& w : read_words(root, "columns", ""))
      s.columns.push_back(metric(root, "columns", w).value_or(0));
  else
    for (std::size_t i = 0; i < metrics().size(); ++i) s.columns.push_back(i);
  read_sampling(root, s);
  root.finish();
  context.finish();
  if (diagnostics.size() != before) return std::nullopt;
  return s;
}

}  // namespace perfmodel::sweep
