#include "cli/sweep_load.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/accuracy.hpp"
#include "cli/errors.hpp"
#include "cli/manifest.hpp"
#include "search/deployment.hpp"

namespace perfmodel::cli {
namespace {

using sweep::Axis;
using sweep::Place;
using sweep::Sweep;
using sweep::Word;

/// Figures that the number of devices follows from.
constexpr std::array<std::string_view, 3> kCounting = {"chip.devices", "system.chips",
                                                       "chip.system"};

/// What `load` gives; its UsageError names the machine and its overrides.
template <class Load>
auto naming(const EstimateOptions& options, const Load& load) {
  try {
    return load();
  } catch (const UsageError& e) {
    const auto& w = options.words;
    const auto overrides = overrides_text(options);
    throw UsageError(fmt::format("{}{}{}{}{}: {}", w.chip,
                                 w.chip.empty() || w.system.empty() ? "" : " in ", w.system,
                                 overrides.empty() ? "" : " with ", overrides, e.what()));
  }
}

/// Reports words that name no file.
void find_files(const Catalog& catalog, std::string_view kind, const std::vector<Word>& words,
                const std::string& file, spec::Diagnostics& diagnostics) {
  for (const auto& w : words) {
    try {
      catalog.resolve(*find_kind(kind), w.text);
    } catch (const UsageError& e) {
      diagnostics.add({file, w.mark, fmt::format("axes.{}", kind), e.what(), ""});
    }
  }
}

bool has_change(const std::vector<Word>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& w) { return w.text != sweep::kOwn; });
}

void check_sets(const Sweep& s, const std::string& file, spec::Diagnostics& diagnostics) {
  const bool swaps = has_change(s.memories);
  for (const auto& set : s.sets) {
    const auto& path = set.path.text;
    const auto complain = [&](std::string what, std::string hint) {
      diagnostics.add({file, set.path.mark, "axes.set", std::move(what), std::move(hint)});
    };
    if (swaps && path.starts_with("chip.memory."))
      complain(fmt::format("{} and the axis memory both set the chip's memory", path),
               "give one of them");
    if (!swaps && path.starts_with("memory."))
      complain(fmt::format("{} changes nothing without the axis memory", path),
               fmt::format("a chip's own memory is chip.{}", path));
    if (path == "chip.dies" && has_change(s.dies))
      complain("chip.dies and the axis dies both set the chip's dies", "give one of them");
    const bool counts = std::any_of(kCounting.begin(), kCounting.end(),
                                    [&](std::string_view c) { return path.starts_with(c); });
    if (counts && s.parallel.empty())
      complain(fmt::format("{} changes what parallel: auto stands for", path),
               "list the degrees under parallel");
  }
}

/// The axes whose values some machines cannot take.
constexpr std::array kChanging = {Axis::dies, Axis::memory, Axis::clock, Axis::native};

/// Finds for every value of these axes a combination with the others that the machine at `place`
/// can be built in: a value without one is refused before the first point, while a combination that
/// cannot be is a row that says so.
void try_what_ifs(const Catalog& catalog, const Sweep& s, const Place& place) {
  const auto as_built = load_as_built(catalog, s, place);
  const auto sizes = s.sizes();
  std::vector<std::uint32_t> of_changing;
  for (const auto a : kChanging) of_changing.push_back(sizes[index(a)]);
  const sweep::MixedRadix all(of_changing);
  std::vector<std::vector<bool>> built;
  for (const auto size : of_changing) built.emplace_back(size);
  std::array<std::uint32_t, kChanging.size()> digits{};
  const auto known = [&](std::uint64_t n) {
    all.decode(n, digits.data());
    std::size_t i = 0;
    return std::all_of(built.begin(), built.end(), [&](const auto& b) { return b[digits[i++]]; });
  };
  const auto build = [&](std::uint64_t n) {
    auto p = place;
    all.decode(n, digits.data());
    for (std::size_t i = 0; i < kChanging.size(); ++i) p.digits[index(kChanging[i])] = digits[i];
    return load_changed(catalog, as_built, s, p);
  };
  for (std::uint64_t n = 0; n < all.size(); ++n) {
    if (known(n) || !build(n)) continue;
    for (std::size_t i = 0; i < kChanging.size(); ++i) built[i][digits[i]] = true;
  }
  for (std::uint64_t n = 0; n < all.size(); ++n)
    if (!known(n)) naming(options_at(s, place), [&] { refuse(build(n).error()); });
}

/// Loads every machine once, and every value that is set once, so that what is wrong with them
/// shows before hours of work. Returns the numbers of deployments by system, count, dies and model.
std::vector<std::uint32_t> try_machines(const Catalog& catalog, const Sweep& s) {
  std::vector<std::uint32_t> deployments;
  const auto sizes = s.sizes();
  const auto size = [&](Axis a) { return sizes[index(a)]; };
  Place p;
  auto& d = p.digits;
  for (d[0] = 0; d[0] < size(Axis::system); ++d[0]) {
    for (d[1] = 0; d[1] < size(Axis::count); ++d[1]) {
      const auto as_built = load_as_built(catalog, s, p);
      for (d[2] = 0; d[2] < size(Axis::dies); ++d[2]) {
        const auto devices = load_sized(catalog, as_built, s, p).devices();
        for (const auto& llm : s.llms)
          deployments.push_back(
              static_cast<std::uint32_t>(deployments_of(s, catalog.llm(llm.text), devices).size()));
      }
      d[2] = 0;
    }
    d[1] = 0;
    try_what_ifs(catalog, s, p);
  }
  // One after the other, the rest at their first values: all combinations would take as long as
  // the sweep.
  p = {};
  std::size_t stride = s.set_combinations();
  for (const auto& set : s.sets) {
    stride /= set.values.size();
    for (std::size_t v = 0; v < set.values.size(); ++v) {
      p.digits[index(Axis::overrides)] = static_cast<std::uint32_t>(v * stride);
      p.digits[index(Axis::memory)] = static_cast<std::uint32_t>(
          set.path.text.starts_with("memory.") ? size(Axis::memory) - 1 : 0);
      // Reads a memory's file where the change swaps it; whether it can be is for the rows to say.
      load_changed(catalog, load_as_built(catalog, s, p), s, p);
      const auto overrides = options_at(s, p).overrides;
      for (const auto& stack : s.stacks) catalog.stack(stack.text, overrides);
    }
  }
  return deployments;
}

std::filesystem::path find_sweep(const Catalog& catalog, const std::string& word) {
  std::error_code error;
  if (std::filesystem::is_regular_file(word, error)) return word;
  if (word.find('/') != std::string::npos || word.ends_with(".yaml"))
    throw UsageError(fmt::format("no such file: '{}'", word));
  const auto& kind = *find_kind("sweep");
  return catalog.path_of(kind, catalog.resolve(kind, word));
}

}  // namespace

EstimateOptions options_at(const Sweep& s, const Place& place) {
  EstimateOptions o;
  const auto site = place.at(Axis::system);
  const auto systems = static_cast<std::uint32_t>(std::max<std::size_t>(1, s.systems.size()));
  if (!s.chips.empty()) o.words.chip = s.chips[site / systems].text;
  if (!s.systems.empty()) o.words.system = s.systems[site % systems].text;
  o.words.count = static_cast<long>(s.counts[place.at(Axis::count)]);
  o.words.assume = s.assume;
  o.what_if = what_if_at(s, place);
  auto radix = static_cast<std::uint32_t>(s.set_combinations());
  for (const auto& set : s.sets) {
    // The last one varies fastest.
    const auto values = static_cast<std::uint32_t>(set.values.size());
    radix /= values;
    o.overrides.push_back({set.path.text, set.values[place.at(Axis::overrides) / radix % values]});
  }
  return o;
}

std::string overrides_text(const EstimateOptions& o) {
  std::string s;
  for (const auto& set : o.overrides)
    s += fmt::format("{}{}={}", s.empty() ? "" : "; ", set.path, set.value);
  return s;
}

Setup load_as_built(const Catalog& catalog, const Sweep& s, const Place& place) {
  const auto options = options_at(s, place);
  return naming(options, [&] { return load_as_built(catalog, options); });
}

spec::Outcome<Setup> load_changed(const Catalog& catalog, const Setup& as_built, const Sweep& s,
                                  const Place& place) {
  const auto options = options_at(s, place);
  return naming(options, [&] { return with_what_if(as_built, catalog, options); });
}

Setup load_sized(const Catalog& catalog, const Setup& as_built, const Sweep& s,
                 const Place& place) {
  auto options = options_at(s, place);
  const auto dies = options.what_if.dies;
  options.what_if = {};
  options.what_if.dies = dies;
  return naming(options, [&] {
    auto sized = with_what_if(as_built, catalog, options);
    if (!sized) refuse(sized.error());
    return *std::move(sized);
  });
}

std::vector<mapping::Parallelism> deployments_of(const Sweep& s, const llm::LlmSpec& llm,
                                                 int devices) {
  std::vector<mapping::Parallelism> r;
  for (const auto& w : s.parallel) r.push_back(parallelism_of(w).of(llm));
  if (!s.parallel.empty()) return r;
  // Context parallelism is for words: all of it would be several times the points.
  search::Shapes shapes;
  shapes.contexts = {1};
  for (const double stages : s.stages) {
    if (stages > devices || stages > llm.layers()) continue;
    for (const auto& c : search::candidates(llm, devices, static_cast<int>(stages), shapes))
      r.push_back(c);
  }
  return r;
}

LoadedSweep load_sweep(const Catalog& catalog, const std::string& word) {
  const auto path = find_sweep(catalog, word);
  const auto text = read_file(path);
  if (!text) throw UsageError("cannot read " + path.string());
  spec::Diagnostics diagnostics;
  const auto document = spec::parse_document(*text, path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  auto s = sweep::read_sweep(document, diagnostics);
  if (!s) throw UsageError(diagnostics.to_string());
  check_sweep(catalog, *s, path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  const auto deployments = try_machines(catalog, *s);
  auto space = sweep::Space::make(s->sizes(), deployments);
  if (!space)
    throw UsageError(fmt::format("{}: more than {:.0e} points", path.string(), sweep::kMaxPoints));
  return {catalog.root(), *text, std::move(*s), std::move(*space), {}};
}

void check_sweep(const Catalog& catalog, const Sweep& s, const std::string& file,
                 spec::Diagnostics& diagnostics) {
  find_files(catalog, "chip", s.chips, file, diagnostics);
  find_files(catalog, "system", s.systems, file, diagnostics);
  find_files(catalog, "llm", s.llms, file, diagnostics);
  find_files(catalog, "stack", s.stacks, file, diagnostics);
  std::vector<Word> memories;
  for (const auto& w : s.memories)
    if (const auto swap = memory_of(w)) memories.push_back({swap->kind, w.mark});
  find_files(catalog, "memory", memories, file, diagnostics);
  check_sets(s, file, diagnostics);
}

std::string configs_digest(const Catalog& catalog, const LoadedSweep& loaded) {
  const auto& s = loaded.sweep;
  std::set<std::filesystem::path> paths;
  const auto add = [&](std::string_view kind, const std::string& word) {
    const auto& k = *find_kind(kind);
    paths.insert(catalog.path_of(k, catalog.resolve(k, word)));
  };
  for (const auto& w : s.chips) {
    add("chip", w.text);
    if (!s.systems.empty()) continue;
    const auto chip = catalog.chip(w.text);
    add("system", default_system(chip));
    for (const auto& bin : chip.bins) add("chip", bin.chip);
  }
  for (const auto& w : s.systems) {
    add("system", w.text);
    if (s.chips.empty()) add("chip", catalog.system(w.text).chip);
  }
  for (const auto& w : s.llms) add("llm", w.text);
  for (const auto& w : s.stacks) add("stack", w.text);
  for (const auto& w : s.memories)
    if (const auto swap = memory_of(w)) add("memory", swap->kind);
  for (const auto& id : catalog.ids(*find_kind("family"))) add("family", id);
  std::string all;
  for (const auto& p : paths)
    all += fmt::format("{} {}\n", p.filename().string(), sha256(read_file(p).value_or("")));
  if (s.samples > 0) {
    for (const auto& run : loaded.runs)
      all += fmt::format("{} {} {}\n", run.chip, run.llm, run.profile);
    for (std::size_t i = 0; i < cost::kLeftOutNames.size(); ++i)
      all += sha256(read_file(accuracy_path(catalog, static_cast<cost::LeftOut>(i))).value_or(""));
  }
  return sha256(all);
}

}  // namespace perfmodel::cli
