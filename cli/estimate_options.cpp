#include "cli/estimate_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

/// Beyond any machine.
constexpr int kMaxChips = 100'000'000;
constexpr long kMaxTokens = 10'000'000;
/// Fewer have no tenth, more would take minutes.
constexpr long kFewestSamples = 16;
constexpr long kMostSamples = 1'000'000;

class Checker {
 public:
  void problem(std::string_view text) {
    if (!text_.empty()) text_ += "\nperfmodel: ";
    text_ += text;
  }
  void finish() const {
    if (!text_.empty()) throw UsageError(text_);
  }

 private:
  std::string text_;
};

std::vector<std::string_view> split(std::string_view s, char by) {
  std::vector<std::string_view> r;
  while (true) {
    const auto at = s.find(by);
    r.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return r;
    s.remove_prefix(at + 1);
  }
}

struct KeyValue {
  std::string_view key;
  std::string_view value;
};
std::optional<KeyValue> key_value(std::string_view s) {
  const auto at = s.find('=');
  if (at == std::string_view::npos || at == 0 || at + 1 == s.size()) return std::nullopt;
  return KeyValue{s.substr(0, at), s.substr(at + 1)};
}

template <class E>
std::optional<E> word_of(Checker& c, std::string_view option, std::string_view word,
                         const std::vector<std::pair<std::string_view, E>>& options,
                         std::string_view what = "format") {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : options) {
    if (name == word) return value;
    names.push_back(name);
  }
  c.problem(fmt::format(
      "{}: unknown {} '{}' ({})", option, what, word,
      spec::nearest_hint(word, names, fmt::format("one of: {}", fmt::join(names, ", ")))));
  return std::nullopt;
}

void parse_precision(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  auto storage = spec::storage_options();
  storage.emplace_back("fp4", spec::Storage::nvfp4);  // as published tables abbreviate
  if (!w.weights.empty()) o.precision.weights = word_of(c, "--weights", w.weights, storage);
  if (!w.kv.empty()) o.precision.kv = word_of(c, "--kv", w.kv, storage);
  if (!w.compute.empty())
    o.precision.compute = word_of(c, "--compute", w.compute, spec::compute_options());
  if (w.fallback.empty()) return;
  if (auto f = word_of(c, "--fallback", w.fallback, mapping::fallback_options()))
    o.precision.fallback = *f;
}

std::optional<mapping::AskedParallelism> degrees(Checker& c, std::string_view option,
                                                 const std::string& words) {
  if (words == "auto") return std::nullopt;
  std::vector<std::string> problems;
  auto asked = mapping::parse_parallelism(words, problems);
  for (const auto& p : problems) c.problem(fmt::format("{}: {}", option, p));
  return asked;
}

void parse_split(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  if (w.disaggregate == "auto") {
    o.split = search::Split::where_better;
  } else if (w.disaggregate != "no") {
    const auto parts = split(w.disaggregate, ':');
    const int prefill = entire_number<int>(parts[0]).value_or(0);
    const int decode = parts.size() == 2 ? entire_number<int>(parts[1]).value_or(0) : 0;
    if (prefill < 1 || decode < 1 || std::max(prefill, decode) > kMaxChips)
      c.problem(fmt::format(
          "--disaggregate: '{}' is neither no, auto nor PREFILL:DECODE chips, as in 128:256",
          w.disaggregate));
    o.split = search::Split::fixed;
    o.prefill_chips = prefill;
    o.decode_chips = decode;
  }
  if (!w.prefill_system.empty()) {
    if (w.disaggregate != "no")
      c.problem("--prefill-system gives the pools their sizes; leave out --disaggregate");
    o.split = search::Split::fixed;
  } else if (w.prefill_count != 1) {
    c.problem("--prefill-count: counts the systems of --prefill-system, which is not given");
  }
  if (w.prefill_count < 1 || w.prefill_count > 100'000)
    c.problem("--prefill-count: must be between 1 and 100000 systems");
  o.prefill_parallelism = degrees(c, "--prefill-parallel", w.prefill_parallel);
  if (o.prefill_parallelism && o.split == search::Split::never)
    c.problem("--prefill-parallel: prefill has no devices of its own (give --disaggregate)");
}

std::vector<std::pair<std::string_view, search::Objective>> objectives() {
  std::vector<std::pair<std::string_view, search::Objective>> all;
  for (std::size_t i = 0; i < search::kObjectiveNames.size(); ++i)
    all.emplace_back(search::kObjectiveNames[i], static_cast<search::Objective>(i));
  return all;
}

void parse_load(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  if (!w.batch.empty() && w.concurrency)
    c.problem("--batch and --concurrency both set the batch; give one of them");
  if (w.batch == "max") {
    o.largest_batch = true;
  } else if (!w.batch.empty()) {
    o.batch = entire_number<double>(w.batch);
    if (!o.batch || !(*o.batch >= 1 && *o.batch <= 1e9))
      c.problem(fmt::format(
          "--batch: '{}' is neither 'max' nor a number of sequences per attention rank", w.batch));
  }
  if (w.rate && (w.concurrency || !w.batch.empty()))
    c.problem("--rate says how many requests arrive; leave out --batch and --concurrency");
  if (w.rate && !(*w.rate > 0 && *w.rate <= 1e9))
    c.problem("--rate: must be a positive number of requests per second");
  if (const auto objective = word_of(c, "--objective", w.objective, objectives(), "objective"))
    o.objective = *objective;
  if (w.concurrency && (*w.concurrency < 1 || *w.concurrency > 1e9 || std::isnan(*w.concurrency)))
    c.problem("--concurrency: must be at least 1 sequence");
  const auto tokens = [&](std::string_view option, const std::optional<long>& n) {
    if (n && (*n < 1 || *n > kMaxTokens))
      c.problem(fmt::format("{}: {} tokens is out of bounds (1 to {})", option, *n, kMaxTokens));
  };
  tokens("--input", w.input);
  tokens("--output", w.output);
  if (w.prefix_hit && !(*w.prefix_hit >= 0 && *w.prefix_hit <= 0.999))
    c.problem("--prefix-hit: must be a share between 0 and 0.999");
  if (w.spread && !(*w.spread >= 0 && *w.spread <= 1))
    c.problem("--spread: must be a share between 0 and 1");
  if (w.count < 1 || w.count > 100'000) c.problem("--count: must be between 1 and 100000 systems");
}

void parse_slo(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  if (w.slo.empty()) return;
  o.slo_given = true;
  if (w.slo == "none") return;
  for (auto item : split(w.slo, ',')) {
    const auto kv = key_value(item);
    if (!kv || (kv->key != "ttft" && kv->key != "tpot")) {
      c.problem(
          fmt::format("--slo: '{}' is not a promise (write ttft=2s,tpot=50ms or none)", item));
      continue;
    }
    auto parsed = parse<Time>(kv->value);
    if (const auto* e = std::get_if<UnitError>(&parsed)) {
      c.problem(fmt::format("--slo: {}: {}{}", kv->key, e->message,
                            e->hint.empty() ? "" : " (" + e->hint + ")"));
      continue;
    }
    const auto t = std::get<Time>(parsed);
    if (t.base() <= 0) c.problem(fmt::format("--slo: {} must be positive", kv->key));
    auto& promise = kv->key == "ttft" ? o.slo.ttft : o.slo.tpot;
    if (promise) c.problem(fmt::format("--slo: {} is given twice", kv->key));
    promise = t;
  }
}

void parse_what_if(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  // In the order of hw::kWhatIfNames.
  const std::array<const std::string*, hw::kWhatIfNames.size()> values = {
      &w.memory, &w.memory_bandwidth, &w.link_scale, &w.dies, &w.clock, &w.native};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]->empty()) continue;
    const auto bad = hw::set(o.what_if, hw::kWhatIfNames[i], *values[i]);
    if (!bad.empty()) c.problem(fmt::format("--{}: {}", hw::kWhatIfNames[i], bad));
  }
  const auto clash = hw::contradiction(o.what_if);
  if (!clash.empty()) c.problem(clash);
}

/// What an override sets that a change sets too, as the name of the change; empty if nothing.
std::string_view twice_set(const hw::WhatIf& w, std::string_view path) {
  if (w.memory && path.starts_with("chip.memory.")) return "--memory";
  if (w.memory_bandwidth && path.starts_with("chip.memory.bandwidth")) return "--memory-bandwidth";
  if (w.dies && path == "chip.dies") return "--dies";
  return "";
}

void parse_extras(Checker& c, const EstimateArguments& w, EstimateOptions& o) {
  std::vector<std::string> problems;
  o.policy = parse_policy(w.policy, problems);
  for (const auto& p : problems) c.problem(p);
  if (o.policy.mixed && o.split == search::Split::fixed)
    c.problem("--mixed: prefill has devices of its own, so no decode step takes any of it");
  for (const auto& s : w.sets) {
    const auto kv = key_value(s);
    const auto dot = kv ? kv->key.find('.') : std::string_view::npos;
    const auto* kind = dot == std::string_view::npos ? nullptr : find_kind(kv->key.substr(0, dot));
    const bool known =
        kind != nullptr && kind->name != "sweep" && kind->name != "fleet" && kind->name != "report";
    if (!kv || !known) {
      c.problem(
          fmt::format("--set: '{}' is not PATH=VALUE with a path that begins with chip, family, "
                      "system, llm, stack, workload, power or prices",
                      s));
      continue;
    }
    const auto twice = [&](const Override& other) { return other.path == kv->key; };
    if (std::any_of(o.overrides.begin(), o.overrides.end(), twice))
      c.problem(fmt::format("--set: {} is given twice", kv->key));
    if (!o.what_if.memory && kv->key.starts_with("memory."))
      c.problem(
          fmt::format("--set: {} changes nothing without --memory (a chip's own memory is "
                      "chip.{})",
                      kv->key, kv->key));
    if (const auto name = twice_set(o.what_if, kv->key); !name.empty())
      c.problem(fmt::format("{} and --set {} both set the chip's {}; give one of them", name,
                            kv->key, name == "--dies" ? "dies" : "memory"));
    o.overrides.push_back({std::string(kv->key), std::string(kv->value)});
  }
}

}  // namespace

EstimateOptions check_arguments(const EstimateArguments& words) {
  Checker c;
  EstimateOptions o;
  o.words = words;
  parse_precision(c, words, o);
  o.parallelism = degrees(c, "--parallel", words.parallel);
  parse_split(c, words, o);
  parse_load(c, words, o);
  parse_slo(c, words, o);
  parse_what_if(c, words, o);
  parse_extras(c, words, o);
  if (words.samples != 0 && (words.samples < kFewestSamples || words.samples > kMostSamples))
    c.problem(fmt::format("--samples: {} is neither 0 (no intervals) nor between {} and {}",
                          words.samples, kFewestSamples, kMostSamples));
  if (words.explain && words.sources && words.format == "csv")
    c.problem("--explain and --sources are two tables of CSV; give one of them");
  if (words.seed < 0) c.problem("--seed: must not be negative");
  if (words.chip.empty() && words.system.empty())
    c.problem("name a chip or a system, as in: perfmodel estimate --chip ascend910d");
  c.finish();
  return o;
}

}  // namespace perfmodel::cli
