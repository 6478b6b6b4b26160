#include "cli/report_config.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/compare_options.hpp"
#include "cli/report_fields.hpp"
#include "spec/config_file.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

using spec::MapReader;
using spec::Need;

constexpr long kMaxTokens = 10'000'000;
constexpr long kFewestSamples = 16, kMostSamples = 100'000;
constexpr std::size_t kMostLevels = 48;
constexpr std::array<double, 18> kLevels = {2,  3,  5,  7,  10, 14, 18, 22,  26,
                                            32, 38, 45, 52, 60, 70, 85, 105, 130};
constexpr std::array<std::string_view, 4> kGroupings = {"chip", "stack", "llm", "kind"};

void problem(MapReader& map, std::string_view key, std::string message, std::string hint) {
  map.context().problem(map.has(key) ? map.mark_of_value(key) : map.mark(), map.child(key),
                        std::move(message), std::move(hint));
}

/// Fields that do not close or have no name are wrong whatever the results are.
ReportText checked(MapReader& map, ReportText text) {
  if (const auto wrong = malformed_field(text.text); !wrong.empty())
    map.context().problem(text.mark, text.path, wrong, "write {{name}}");
  return text;
}

ReportText one_text(MapReader& map, std::string_view key, Need need) {
  return checked(map, {map.text(key, need).value_or(""), map.child(key), map.mark_of_value(key)});
}

/// A text or a list of paragraphs.
std::vector<ReportText> paragraphs(MapReader& map, std::string_view key) {
  std::vector<ReportText> all;
  if (!map.has(key)) return all;
  const auto* node = map.value(key, Need::optional);
  if (node == nullptr) return all;
  if (node->kind == spec::Node::Kind::scalar) {
    all.push_back(checked(map, {node->scalar, map.child(key), node->mark}));
    return all;
  }
  if (node->kind != spec::Node::Kind::sequence) {
    problem(map, key, "is no text", "a paragraph, or a list of them");
    return all;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const auto& item = node->items[i];
    const auto path = fmt::format("{}.{}", map.child(key), i);
    if (item.kind != spec::Node::Kind::scalar)
      map.context().problem(item.mark, path, "is no text", "quote a paragraph that has a colon");
    else
      all.push_back(checked(map, {item.scalar, path, item.mark}));
  }
  return all;
}

/// Words that are all among those of the report.
std::vector<std::string> part_of(MapReader& map, std::string_view key,
                                 const std::vector<std::string>& whole) {
  auto words = map.texts(key, Need::optional);
  for (const auto& w : words)
    if (std::find(whole.begin(), whole.end(), w) == whole.end())
      problem(map, key, fmt::format("'{}' is not one of the report's", w),
              spec::nearest_hint(w, {whole.begin(), whole.end()}));
  return words.empty() ? whole : words;
}

const SectionKind* read_kind(MapReader& map) {
  const auto word = map.text("kind", Need::required);
  if (!word) return nullptr;
  std::vector<std::string_view> names;
  for (const auto& k : section_kinds()) {
    if (k.name == *word) return &k;
    names.push_back(k.name);
  }
  problem(map, "kind", fmt::format("there is no section of kind '{}'", *word),
          spec::nearest_hint(*word, names, fmt::format("one of: {}", fmt::join(names, ", "))));
  return nullptr;
}

void read_needs(MapReader& map, const Report& r, const SectionKind& k) {
  const auto need = [&](bool needed, bool there, std::string_view key) {
    if (needed && !there)
      problem(map, "kind", fmt::format("a section of kind {} needs the report's {}", k.name, key),
              fmt::format("add {} at the top of the file", key));
  };
  need(k.systems, r.systems.size() > 1, "systems");
  need(k.chip, !r.chip.empty(), "chip");
  need(k.memories, !r.memories.empty(), "memories");
  need(k.weights, !r.weights.empty(), "weights");
}

ReportSection read_section(MapReader& map, const Report& r) {
  ReportSection s;
  s.kind = read_kind(map);
  s.id =
      map.text("id", Need::optional).value_or(s.kind != nullptr ? std::string(s.kind->name) : "");
  s.title = map.text("title", Need::required).value_or("");
  s.text = paragraphs(map, "text");
  const bool plain = !s.id.empty() && std::all_of(s.id.begin(), s.id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (s.kind != nullptr && !plain)
    problem(map, "id", fmt::format("'{}' is no id", s.id), "lower case letters, digits and '-'");
  if (s.kind == nullptr) {
    // What it would take is not known: one problem is enough.
    for (const auto* key : {"llms", "systems", "by"}) map.value(key, Need::optional);
    map.finish();
    return s;
  }
  read_needs(map, r, *s.kind);
  if (s.kind->llms) s.llms = part_of(map, "llms", r.llms);
  if (s.kind->systems) s.systems = part_of(map, "systems", r.systems);
  if (s.kind->by) {
    s.by = map.text("by", Need::required).value_or("");
    if (!s.by.empty() && std::find(kGroupings.begin(), kGroupings.end(), s.by) == kGroupings.end())
      problem(map, "by", fmt::format("cannot group by '{}'", s.by),
              spec::nearest_hint(s.by, {kGroupings.begin(), kGroupings.end()}));
  }
  map.finish();
  return s;
}

void read_levels(MapReader& root, Report& r) {
  if (!root.has("interactivity")) {
    r.interactivity.assign(kLevels.begin(), kLevels.end());
    return;
  }
  for (const auto& word : root.texts("interactivity", Need::optional)) {
    const auto v = scan_number(word);
    if (v.length != word.size() || !(v.value >= kSlowestUser && v.value <= kFastestUser))
      problem(root, "interactivity", fmt::format("'{}' is no number of tokens per second", word),
              fmt::format("between {} and {}", kSlowestUser, kFastestUser));
    else
      r.interactivity.push_back(v.value);
  }
  std::sort(r.interactivity.begin(), r.interactivity.end());
  if (std::adjacent_find(r.interactivity.begin(), r.interactivity.end()) != r.interactivity.end())
    problem(root, "interactivity", "a level is there twice", "");
  if (r.interactivity.size() > kMostLevels)
    problem(root, "interactivity", fmt::format("at most {} levels", kMostLevels), "");
}

void read_question(MapReader& root, Report& r) {
  r.systems = root.texts("systems", Need::optional);
  r.baseline = root.text("baseline", Need::optional).value_or("");
  r.chip = root.text("chip", Need::optional).value_or("");
  r.llms = root.texts("llms", Need::optional);
  if (r.llms.empty()) r.llms = {"deepseek-r1"};
  r.memories = root.texts("memories", Need::optional);
  r.weights = root.texts("weights", Need::optional);
  r.workload = root.text("workload", Need::optional).value_or(r.workload);
  r.input = root.integer("input", Need::optional, 1, kMaxTokens);
  r.output = root.integer("output", Need::optional, 1, kMaxTokens);
  if (auto slo = root.map("slo", Need::optional)) {
    r.slo.ttft = slo->quantity<Time>("ttft", Need::optional);
    r.slo.tpot = slo->quantity<Time>("tpot", Need::optional);
    slo->finish();
  }
  r.stack = root.text("stack", Need::optional).value_or(r.stack);
  const auto samples = [&](std::string_view key, long otherwise) {
    return root.integer(key, Need::optional, kFewestSamples, kMostSamples).value_or(otherwise);
  };
  r.samples = samples("samples", r.samples);
  r.curve_samples = samples("curve_samples", r.curve_samples);
  read_levels(root, r);
}

void read_sections(MapReader& root, Report& r) {
  for (auto& map : root.maps("sections", Need::required)) {
    auto s = read_section(map, r);
    const auto same = [&](const ReportSection& other) { return other.id == s.id; };
    if (!s.id.empty() && std::any_of(r.sections.begin(), r.sections.end(), same))
      problem(map, "id", fmt::format("the id '{}' is there twice", s.id),
              "give one of the sections another id");
    r.sections.push_back(std::move(s));
  }
  if (root.has("sections") && r.sections.empty())
    problem(root, "sections", "a report has at least one section", "");
}

}  // namespace

const std::vector<SectionKind>& section_kinds() {
  constexpr bool yes = true;
  static const std::vector<SectionKind> all = {
      {.name = "throughput",
       .about = "tokens/s of each system with its interval",
       .systems = yes,
       .llms = yes},
      {.name = "interactivity",
       .about = "tokens/s per chip against tokens/s of one user",
       .systems = yes,
       .llms = yes},
      {.name = "latency",
       .about = "TTFT and TPOT with their intervals",
       .systems = yes,
       .llms = yes},
      {.name = "breakdown",
       .about = "where the time of a decode step goes",
       .systems = yes,
       .llms = yes},
      {.name = "memory",
       .about = "what fills the memory of the fullest device",
       .systems = yes,
       .llms = yes},
      {.name = "power", .about = "power, and tokens/s per kilowatt", .systems = yes, .llms = yes},
      {.name = "parity",
       .about = "how many of one are worth one of the other",
       .systems = yes,
       .llms = yes},
      {.name = "parts",
       .about = "what each part of the machine makes of the difference",
       .systems = yes,
       .llms = yes},
      {.name = "uncertainty",
       .about = "what is unknown, and what each unknown does",
       .systems = yes,
       .llms = yes},
      {.name = "chip", .about = "every figure of one chip with its sources", .chip = yes},
      {.name = "roofline",
       .about = "the chip's roofs and the operators of the model under them",
       .chip = yes,
       .llms = yes},
      {.name = "memories",
       .about = "the chip with other memories",
       .chip = yes,
       .llms = yes,
       .memories = yes},
      {.name = "format-speed", .about = "time of products with weights in each format"},
      {.name = "format-error", .about = "what storing a matrix in a format does to its values"},
      {.name = "format-predictions",
       .about = "what the format of the weights does to a model's predictions"},
      {.name = "weights",
       .about = "throughput of each system with weights in each format",
       .systems = yes,
       .llms = yes,
       .weights = yes},
      {.name = "host-roofline", .about = "this machine's measured roofs and kernels"},
      {.name = "host-accuracy", .about = "the host's measured kernels against the model"},
      {.name = "accuracy", .about = "measured against predicted, published runs", .by = yes},
  };
  return all;
}

std::optional<Report> read_report(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "report", diagnostics);
  auto& root = file.root();
  auto r = file.begin<Report>();
  r.file = document.file;
  r.title = one_text(root, "title", Need::required);
  r.subtitle = one_text(root, "subtitle", Need::optional);
  read_question(root, r);
  if (auto what_if = root.map("what_if", Need::optional)) {
    WhatIfConfig w;
    w.title = what_if->text("title", Need::required).value_or("");
    w.text = paragraphs(*what_if, "text");
    what_if->finish();
    if (r.systems.size() < 2)
      problem(root, "what_if", "needs the report's systems", "add systems at the top of the file");
    r.what_if = std::move(w);
  }
  read_sections(root, r);
  return file.end(std::move(r));
}

}  // namespace perfmodel::cli
