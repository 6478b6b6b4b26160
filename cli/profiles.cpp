#include "cli/profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/accuracy.hpp"
#include "cli/output.hpp"
#include "cli/stack_yaml.hpp"

namespace perfmodel::cli {

using calibrate::Measurement;

namespace {

constexpr std::string_view kTypical = "typical";
/// What a user gets by default is software of today.
constexpr double kTypicalYear = 2026;

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

}  // namespace

Residuals residuals_of_fit(const Corpus& corpus, const calibrate::Fit& fit, const cost::Stack& base,
                           const std::vector<Line>& fitted) {
  auto all = residuals_by_profile(fitted, cost::LeftOut::nothing);
  auto general = fit;
  general.profiles.clear();
  const auto every = [](const Measurement&) { return true; };
  all[std::string(kTypical)] =
      residuals_of(predict_fitted(corpus, general, base, every), cost::LeftOut::nothing);
  return all;
}

Residuals residuals_of_configs(const Catalog& catalog, const std::vector<Measurement>& rows) {
  CatalogLibrary library(catalog);
  auto all = residuals_by_profile(predict_all(rows, StackShelf(catalog, ""), library),
                                  cost::LeftOut::nothing);
  all[std::string(kTypical)] =
      residuals_of(predict_all(rows, StackShelf(catalog, std::string(kTypical)), library),
                   cost::LeftOut::nothing);
  return all;
}

void add_left_out(Residuals& residuals, const Catalog& catalog) {
  using cost::LeftOut;
  for (const auto left_out : {LeftOut::chip, LeftOut::llm, LeftOut::stack}) {
    for (const auto& r : recorded_accuracy(catalog, left_out)) {
      const bool of_all = r.profile.empty() && left_out == LeftOut::stack;
      const bool of_one = !r.profile.empty() && r.profile != kTypical && left_out != LeftOut::stack;
      const auto at = residuals.find(of_all ? std::string(kTypical) : r.profile);
      if ((!of_all && !of_one) || at == residuals.end()) continue;
      const auto& e = r.errors;
      at->second.push_back({left_out, r.kind, static_cast<long>(e.count), e.median, e.p90, e.bias});
    }
  }
}

void write_profiles(const std::string& folder, const Corpus& corpus, const calibrate::Fit& fit,
                    const cost::Stack& base, const std::vector<Line>& fitted,
                    const Residuals& residuals) {
  struct Facts {
    std::set<std::string> words;
    std::size_t rows = 0;
  };
  std::map<std::string, Facts> facts;
  for (const auto& r : corpus.rows) {
    auto& x = facts[r.profile];
    x.words.insert(r.m->stack);
    ++x.rows;
  }
  const auto write = [&](cost::Stack& s) {
    const auto known = residuals.find(s.id);
    s.residual = known == residuals.end() ? std::vector<cost::Residual>{} : known->second;
    write_file(fmt::format("{}/{}.yaml", folder, s.id), stack_yaml(s));
  };
  for (const auto& [name, values] : fit.profiles) {
    if (name == kTypical) continue;
    const auto& x = facts[name];
    const auto e = calibrate::errors_of(
        pairs_of(fitted, [&profile = name](const Line& l) { return l.profile == profile; }));
    auto s = profile_from(
        base, name, values, fit.profile_errors.at(name),
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
  auto typical = profile_from(base, std::string(kTypical), calibrate::mean_of(fit, kTypicalYear),
                              fit.mean_error,
                              fmt::format("perfmodel calibrate over results/published: shrunken "
                                          "mean of {} profiles, {} measured numbers",
                                          fit.profiles.size(), corpus.rows.size()));
  write(typical);
}

void write_residuals(const Catalog& catalog, const std::string& folder,
                     const Residuals& residuals) {
  const auto& stacks = *find_kind("stack");
  for (const auto& [profile, residual] : residuals) {
    if (!catalog.exists(stacks, profile)) continue;
    const auto text = read_file(catalog.path_of(stacks, profile));
    if (!text) continue;
    write_file(fmt::format("{}/{}.yaml", folder, profile), with_residual(*text, residual));
  }
}

void write_families(const Catalog& catalog, const std::string& folder, const calibrate::Fit& fit) {
  for (const auto& [name, values] : fit.families) {
    const auto text = read_file(catalog.path_of(*find_kind("family"), name));
    if (!text) continue;
    write_file(
        fmt::format("{}/{}.yaml", folder, name),
        with_scale(
            *text, values, fit.family_errors.at(name),
            "perfmodel calibrate over results/published: this architecture against all profiles"));
  }
}

}  // namespace perfmodel::cli
