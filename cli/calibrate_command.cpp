#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "calibrate/fit.hpp"
#include "cli/commands.hpp"
#include "cli/corpus.hpp"
#include "cli/errors.hpp"
#include "cli/measurements.hpp"
#include "cli/output.hpp"
#include "cli/stack_yaml.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Measurement;
using calibrate::Metric;

struct Scored {
  const Measurement* m = nullptr;
  calibrate::Pair pair;
};

void score(const Corpus& c, const calibrate::Fit& f, const cost::Stack& base,
           const std::function<bool(const Measurement&)>& keep, std::vector<Scored>& out) {
  for (const auto& r : c.rows) {
    if (!keep(*r.m)) continue;
    const auto stack = calibrate::with_values(base, calibrate::profile_of(f, r.profile),
                                              calibrate::family_of(f, r.family));
    const auto p = calibrate::predict(*r.run, stack);
    if (!p) continue;
    const auto v = calibrate::value_of(*p, *r.run, *r.m->metric);
    if (v) out.push_back({r.m, {r.m->value, *v}});
  }
}

std::string summary(const std::vector<Scored>& scored) {
  struct Slice {
    std::string name;
    std::optional<Metric> metric;
    std::optional<calibrate::Mode> mode;
    bool gpus = false;  // only
  };
  using calibrate::Mode;
  const std::vector<Slice> slices = {
      {"TPOT, aggregated", Metric::tpot, Mode::aggregated},
      {"TPOT, aggregated, GPUs", Metric::tpot, Mode::aggregated, true},
      {"TPOT, disaggregated", Metric::tpot, Mode::disaggregated},
      {"output rate, aggregated", Metric::output_per_chip, Mode::aggregated},
      {"total rate", Metric::total_per_chip, {}},
      {"output rate, disaggregated", Metric::output_per_decode_chip, {}},
      {"TTFT, aggregated", Metric::ttft, Mode::aggregated},
      {"static batch", {}, Mode::static_batch},
      {"offline", {}, Mode::offline_max},
      {"decode only", {}, Mode::decode_only},
      {"prefill only", {}, Mode::prefill_only},
  };
  const auto holds = [](const Slice& slice, const Measurement& m) {
    return (!slice.metric || m.metric == slice.metric) && (!slice.mode || m.mode == slice.mode) &&
           !(slice.gpus && m.chip.starts_with("ascend"));
  };
  std::string s =
      fmt::format("{:<28}{:>6}{:>10}{:>10}{:>10}{:>8}\n", "", "n", "median", "mean", "p90", "bias");
  for (const auto& slice : slices) {
    std::vector<calibrate::Pair> pairs;
    for (const auto& x : scored)
      if (holds(slice, *x.m)) pairs.push_back(x.pair);
    if (pairs.empty()) continue;
    const auto e = calibrate::errors_of(pairs);
    s += fmt::format("{:<28}{:>6}{:>8.1f} %{:>8.1f} %{:>8.1f} %{:>8.2f}\n", slice.name, e.count,
                     e.median * 100, e.mean * 100, e.p90 * 100, e.bias);
  }
  return s;
}

std::string key_of(const Measurement& m, const std::string& by) {
  if (by == "chip") return m.chip;
  if (by == "llm") return m.model;
  // A stack is left out with all its years.
  const auto profile = StackShelf::profile_name(m);
  return profile.substr(0, profile.rfind('-'));
}

/// The profile that a fit makes of `base`: values with two standard errors as range, and where they
/// come from.
cost::Stack profile_from(const cost::Stack& base, const std::string& id,
                         const calibrate::Values& values, const calibrate::Values& errors,
                         const std::string& title) {
  cost::Stack s = base;
  s.id = id;
  const auto figures = calibrate::fitted_figures(s);
  const auto& parameters = calibrate::profile_parameters();
  const auto set = [&](auto& figure, std::size_t i) {
    using Q = std::remove_reference_t<decltype(figure.value)>;
    const double spread = std::exp(2.0 * errors[i]);
    figure.value = Q::from_base(values[i]);
    figure.low = Q::from_base(std::max(parameters[i].low, values[i] / spread));
    figure.high = Q::from_base(std::min(parameters[i].high, values[i] * spread));
    figure.grade = spec::Grade::derived;
    figure.sources = {"fit"};
    figure.note.clear();
  };
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].share != nullptr) set(*figures[i].share, i);
    if (figures[i].time != nullptr) set(*figures[i].time, i);
  }
  // Only the sources that the figures left alone still use.
  std::set<std::string> used = {"fit"};
  for (const auto* f : {&s.vector, &s.overlap_shared_expert, &s.overlap_communication,
                        &s.memory_use, &s.imbalance, &s.chunk})
    used.insert(f->sources.begin(), f->sources.end());
  std::erase_if(s.sources, [&](const auto& source) {
    return used.count(source.id) == 0 || source.id == "fit";
  });
  s.sources.push_back({"fit", title, "", ""});
  return s;
}

void write_profiles(const std::string& folder, const Corpus& corpus, const calibrate::Fit& f,
                    const cost::Stack& base, const std::vector<Scored>& fitted) {
  struct Facts {
    std::set<std::string> words;
    std::size_t rows = 0;
    std::vector<calibrate::Pair> pairs;
  };
  std::map<std::string, Facts> facts;
  for (const auto& r : corpus.rows) {
    auto& x = facts[r.profile];
    x.words.insert(r.m->stack);
    ++x.rows;
  }
  for (const auto& x : fitted) facts[StackShelf::profile_name(*x.m)].pairs.push_back(x.pair);
  const auto write = [&](const cost::Stack& s) {
    write_file(fmt::format("{}/{}.yaml", folder, s.id), stack_yaml(s));
  };
  for (const auto& [name, values] : f.profiles) {
    if (name == "typical") continue;
    const auto& x = facts[name];
    const auto e = calibrate::errors_of(x.pairs);
    auto s = profile_from(
        base, name, values, f.profile_errors.at(name),
        fmt::format(
            "perfmodel calibrate over results/published: {} measured numbers of this software, "
            "scatter of the logarithm {:.2f}",
            x.rows, e.spread));
    const auto dash = name.rfind('-');
    s.name = name.substr(0, dash) + " of " + name.substr(dash + 1);
    s.date = name.substr(dash + 1) + "-06";
    s.about = fmt::format("Fitted to {} measured numbers; median error {:.0f} %, in sample.",
                          x.rows, e.median * 100);
    s.serves.assign(x.words.begin(), x.words.end());
    s.notes.clear();
    write(s);
  }
  auto typical = profile_from(base, "typical", f.mean, f.mean_error,
                              fmt::format("perfmodel calibrate over results/published: shrunken "
                                          "mean of {} profiles, {} measured numbers",
                                          f.profiles.size(), corpus.rows.size()));
  write(typical);
}

/// The family's file with its `scale` line and the source of it replaced.
std::string with_scale(const std::string& text, const calibrate::Values& values,
                       const calibrate::Values& errors, const std::string& title) {
  std::string scale = "scale: {";
  const auto& parameters = calibrate::family_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double spread = std::exp(2.0 * errors[i]);
    const auto key = parameters[i].name.substr(parameters[i].name.find('.') + 1);
    scale +=
        fmt::format("{}{}: {{value: {:.4g}, range: [{:.4g}, {:.4g}], grade: derived, source: fit}}",
                    i > 0 ? ", " : "", key, values[i], values[i] / spread, values[i] * spread);
  }
  scale += "}\n";
  const auto source = fmt::format("  fit: {{title: \"{}\"}}\n", title);
  std::string out;
  bool placed = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto line = text.substr(at, end - at);
    at = end;
    if (line.starts_with("scale:") || line.starts_with("  fit:")) continue;
    out += line;
    if (line.starts_with("tile:")) out += scale;
    if (line.starts_with("sources:")) {
      out += source;
      placed = true;
    }
  }
  if (!placed) out += "sources:\n" + source;
  return out;
}

void write_families(const Catalog& catalog, const std::string& folder, const calibrate::Fit& f) {
  for (const auto& [name, values] : f.families) {
    const auto text = read_file(catalog.path_of(*find_kind("family"), name));
    if (!text) continue;
    write_file(
        fmt::format("{}/{}.yaml", folder, name),
        with_scale(
            *text, values, f.family_errors.at(name),
            "perfmodel calibrate over results/published: this architecture against all profiles"));
  }
}

struct Words {
  std::vector<std::string> data;
  std::string cross;
  std::string out;
  std::string folder;
  std::string families;
  int iterations = 40;
};

/// A fit takes a minute: a folder that cannot be written to is told before.
void check_folder(const std::string& folder) {
  if (!std::filesystem::is_directory(folder))
    throw UsageError(fmt::format("'{}' is not a folder", folder));
  check_writable(folder + "/typical.yaml");
}

int run(const Words& w, const Chosen& chosen) {
  for (const auto* folder : {&w.folder, &w.families})
    if (!folder->empty()) check_folder(*folder);
  if (!w.out.empty()) check_writable(w.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto rows = load_measurements(w.data.empty() ? published_files(catalog) : w.data);
  const auto base = catalog.stack("typical");
  CatalogLibrary library(catalog, true);
  const auto corpus = express_all(rows, base, library);
  calibrate::FitOptions options;
  options.max_iterations = w.iterations;
  const auto all = [](const Measurement&) { return true; };
  const auto begin = std::chrono::steady_clock::now();
  const auto f = calibrate::fit(observations_of(corpus, all), base, options);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::string s =
      fmt::format("{} rows, cost {:.0f} -> {:.0f} in {} iterations, {:.1f} s\n\n",
                  corpus.rows.size(), f.cost_before, f.cost_after, f.iterations, seconds);
  const auto& pp = calibrate::profile_parameters();
  s += fmt::format("{:<30}{:>12}", "parameter", "mean");
  for (const auto& [name, v] : f.profiles) s += fmt::format("{:>22}", name);
  s += "\n";
  for (std::size_t i = 0; i < pp.size(); ++i) {
    s += fmt::format("{:<30}{:>12.4g}", pp[i].name, f.mean[i]);
    for (const auto& [name, v] : f.profiles) s += fmt::format("{:>22.4g}", v[i]);
    s += "\n";
  }
  const auto& fp = calibrate::family_parameters();
  for (const auto& [name, v] : f.families) {
    s += fmt::format("family {:<20}", name);
    for (std::size_t i = 0; i < fp.size(); ++i) s += fmt::format("  {} {:.3f}", fp[i].name, v[i]);
    s += "\n";
  }
  std::vector<Scored> fitted;
  score(corpus, f, base, all, fitted);
  s += "\nin sample\n" + summary(fitted);
  emit("", s);
  if (!w.families.empty()) write_families(catalog, w.families, f);
  if (!w.folder.empty()) write_profiles(w.folder, corpus, f, base, fitted);
  if (!w.out.empty()) {
    std::string csv = "id,chip,model,profile,mode,metric,measured,predicted\r\n";
    for (const auto& x : fitted) {
      for (const auto& field : {x.m->id, x.m->chip, x.m->model, StackShelf::profile_name(*x.m),
                                x.m->mode_text, x.m->metric_text})
        csv += report::csv_field(field) + ",";
      csv +=
          report::csv_number(x.pair.measured) + "," + report::csv_number(x.pair.predicted) + "\r\n";
    }
    write_file(w.out, csv);
  }

  if (!w.cross.empty()) {
    std::set<std::string> groups;
    for (const auto& r : corpus.rows) groups.insert(key_of(*r.m, w.cross));
    std::vector<Scored> out;
    for (const auto& g : groups) {
      const auto g_fit = calibrate::fit(
          observations_of(corpus, [&](const Measurement& m) { return key_of(m, w.cross) != g; }),
          base, options);
      std::vector<Scored> part;
      score(
          corpus, g_fit, base, [&](const Measurement& m) { return key_of(m, w.cross) == g; }, part);
      emit("", fmt::format("\nleft out: {} {}\n", w.cross, g) + summary(part));
      std::move(part.begin(), part.end(), std::back_inserter(out));
    }
    emit("", fmt::format("\nall left-out rows, one {} at a time\n", w.cross) + summary(out));
  }
  return kExitDone;
}

}  // namespace

void add_calibrate(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c =
      app.add_subcommand("calibrate", "fit software profiles and family scales to measurements");
  c->add_option("--data", w->data, "measurement files; default results/published");
  c->add_option("--cross-validate", w->cross, "refit leaving out each chip, llm or stack in turn")
      ->check(CLI::IsMember({"chip", "llm", "stack"}));
  c->add_option("-o,--out", w->folder, "write the profiles as YAML files into this folder");
  c->add_option("--families", w->families,
                "write the family files with their fitted scales into this folder");
  c->add_option("--residuals", w->out,
                "write measured and fitted value of every row to this CSV file");
  c->add_option("--iterations", w->iterations, "most iterations of the solver")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
