#include "cli/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/accuracy.hpp"
#include "cli/record_figures.hpp"
#include "cli/why.hpp"

namespace perfmodel::cli {
namespace {

using cost::LeftOut;
using report::Performance;
using uncertainty::Discrepancy;
using uncertainty::Metric;
using uncertainty::PerMetric;

/// Errors on models and software that a fit had not seen are half alike on all chips, those on
/// chips are not (docs/uncertainty.md).
constexpr double kCommon = 0.5;

using Runs = std::vector<calibrate::Likeness>;

std::vector<LeftOut> unseen_by(const Runs& runs, const Setup& setup, const Question& q) {
  return unseen(runs, setup.chip.id, q.llm.id, q.stack);
}

/// An answer with what it borrows.
struct Borrowed {
  search::Site site;
  std::optional<search::Site> prefill;
  uncertainty::Answer answer;

  Borrowed(const Catalog& catalog, const Setup& setup, const Question& q,
           const search::Deployment& d, const std::vector<LeftOut>& unseen)
      : site(setup.site()),
        answer{d,
               site,
               nullptr,
               q.stack,
               q.workload,
               discrepancies(catalog, q.stack, unseen, d.prefill.has_value()),
               common_of(unseen)} {
    if (!setup.prefill) return;
    prefill.emplace(setup.prefill->site());
    answer.prefill = &*prefill;
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
};

/// The answer with each number times what `at` says.
template <class At>
Performance scaled(const Performance& p, const At& at) {
  auto r = p;
  r.ttft *= at(Metric::ttft);
  r.tpot *= at(Metric::tpot);
  r.decode_step *= at(Metric::decode_step);
  r.prefill *= at(Metric::prefill);
  for (auto* rate : {&r.output_per_chip, &r.output_system}) *rate *= at(Metric::output_rate);
  r.input_per_chip *= at(Metric::input_rate);
  for (auto* rate : {&r.decode_per_chip, &r.decode_system}) *rate *= at(Metric::decode_only);
  for (auto* rate : {&r.prefill_per_chip, &r.prefill_system}) *rate *= at(Metric::prefill_only);
  return r;
}

}  // namespace

std::string interval_basis(const cost::Stack& stack, const std::vector<LeftOut>& unseen) {
  if (stack.residual.empty())
    return fmt::format("ranges of the figures alone: {} was compared with no measurement",
                       stack.id);
  std::vector<std::string_view> what;
  for (const auto l : unseen)
    what.emplace_back(l == LeftOut::nothing ? "runs like this one"
                      : l == LeftOut::chip  ? "chips that its fit had not seen"
                      : l == LeftOut::llm   ? "models that its fit had not seen"
                                            : "software that its fit had not seen");
  return fmt::format("ranges of the figures, and the error of {} on {}", stack.id,
                     fmt::join(what, " or "));
}

double common_of(const std::vector<LeftOut>& unseen) {
  const bool shared = std::all_of(unseen.begin(), unseen.end(), [](LeftOut l) {
    return l == LeftOut::llm || l == LeftOut::stack;
  });
  return shared ? kCommon : 0.0;
}

namespace {

uncertainty::Sampling sampling_of(const EstimateArguments& words) {
  return {static_cast<std::size_t>(words.samples), static_cast<std::uint64_t>(words.seed)};
}

/// What the answer would be with each of the chips that may be at hand.
std::vector<report::BinRow> bins_of(const Performance& expected, const Setup& setup,
                                    const uncertainty::Samples& drawn) {
  std::vector<report::BinRow> rows;
  if (drawn.bin.empty()) return rows;
  const auto add = [&](const std::string& chip, std::size_t bin) {
    const auto of = static_cast<std::uint8_t>(bin);
    const auto count = std::count(drawn.bin.begin(), drawn.bin.end(), of);
    if (count == 0) return;
    const auto factor = uncertainty::intervals(drawn, of)[uncertainty::index(Metric::output_rate)];
    const auto rate = expected.output_per_chip;
    rows.push_back({chip, static_cast<double>(count) / static_cast<double>(drawn.bin.size()),
                    rate * factor.p10, rate * factor.p50, rate * factor.p90});
  };
  add(setup.chip.id, 0);
  for (std::size_t i = 0; i < setup.bins.size(); ++i) add(setup.bins[i].chip.id, i + 1);
  return rows;
}

}  // namespace

std::vector<LeftOut> unseen(const Runs& runs, const std::string& chip, const std::string& llm,
                            const cost::Stack& stack) {
  const auto has = [&](LeftOut l) {
    return std::any_of(stack.residual.begin(), stack.residual.end(),
                       [&](const cost::Residual& r) { return r.left_out == l; });
  };
  std::vector<LeftOut> all;
  // A profile of no software in particular knows left-out software only.
  if (has(LeftOut::stack) && !has(LeftOut::chip)) all.push_back(LeftOut::stack);
  bool with_chip = false;
  bool with_llm = false;
  bool together = false;
  for (const auto& run : runs) {
    with_chip = with_chip || run.chip == chip;
    with_llm = with_llm || run.llm == llm;
    together = together || (run.chip == chip && run.llm == llm && run.profile == stack.id);
  }
  if (!with_chip) all.push_back(LeftOut::chip);
  if (!with_llm || (with_chip && !together && all.empty())) all.push_back(LeftOut::llm);
  if (all.empty()) all.push_back(LeftOut::nothing);
  return all;
}

PerMetric<Discrepancy> discrepancies(const Catalog& catalog, const cost::Stack& stack,
                                     const std::vector<LeftOut>& unseen, bool disaggregated) {
  PerMetric<Discrepancy> widest{};
  if (stack.residual.empty()) return widest;
  for (const auto left_out : unseen) {
    std::vector<cost::Residual> pooled;
    for (const auto& r : recorded_accuracy(catalog, left_out))
      if (r.profile.empty())
        pooled.push_back({left_out, r.kind, static_cast<long>(r.errors.count), r.errors.median,
                          r.errors.p90, r.errors.bias});
    for (std::size_t m = 0; m < uncertainty::kMetricCount; ++m) {
      const auto kind = uncertainty::measured_for(static_cast<Metric>(m), disaggregated);
      const auto d =
          uncertainty::discrepancy_of(uncertainty::find_residual(stack.residual, left_out, kind),
                                      uncertainty::find_residual(pooled, left_out, kind));
      if (d.within(0.8) > widest[m].within(0.8)) widest[m] = d;
    }
  }
  return widest;
}

uncertainty::Samples samples_of(const Catalog& catalog, const Runs& runs, const Setup& setup,
                                const Question& q, const search::Deployment& d,
                                const uncertainty::Sampling& how) {
  const Borrowed b(catalog, setup, q, d, unseen_by(runs, setup, q));
  return uncertainty::sample(b.answer, how);
}

void fill_pulls_of(report::EstimateRecord& record, const Setup& setup, const Question& q,
                   const search::Deployment& d) {
  const auto site = setup.site();
  std::optional<search::Site> prefill;
  if (setup.prefill) prefill.emplace(setup.prefill->site());
  fill_pulls(record, {d, site, prefill ? &*prefill : nullptr, q.stack, q.workload, {}, 0});
}

void fill_spread(report::EstimateRecord& record, const Runs& runs, const Setup& setup,
                 const Question& q, const uncertainty::Samples& drawn) {
  auto factors = uncertainty::intervals(drawn);
  // What arrives is turned out, be the machine faster or slower.
  if (q.request.rate)
    factors[uncertainty::index(Metric::output_rate)] =
        factors[uncertainty::index(Metric::input_rate)] = {};
  const auto at = [&](double uncertainty::Interval::*part) {
    return scaled(record.expected, [&](Metric m) { return factors[uncertainty::index(m)].*part; });
  };
  record.samples = drawn.log_ratio[0].size();
  record.p10 = at(&uncertainty::Interval::p10);
  record.p50 = at(&uncertainty::Interval::p50);
  record.p90 = at(&uncertainty::Interval::p90);
  record.fits = drawn.fits;
  record.keeps = drawn.keeps;
  record.bins = bins_of(record.expected, setup, drawn);
  record.interval_basis = interval_basis(q.stack, unseen_by(runs, setup, q));
  if (q.request.rate)
    record.interval_basis += "; the rate is what arrives, and waits grow as the rest of the TTFT";
}

void fill_why_of(report::EstimateRecord& record, const Catalog& catalog, const Runs& runs,
                 const Setup& setup, const Question& q, const search::Deployment& d,
                 const EstimateArguments& words) {
  const Borrowed b(catalog, setup, q, d, unseen_by(runs, setup, q));
  fill_why(record, b.answer, sampling_of(words));
}

std::vector<double> fill_intervals(report::EstimateRecord& record, const Catalog& catalog,
                                   const Runs& runs, const Setup& setup, const Question& q,
                                   const search::Deployment& d, const EstimateArguments& words) {
  std::vector<double> log_rate;
  if (words.samples == 0 && !words.why) return log_rate;
  const Borrowed b(catalog, setup, q, d, unseen_by(runs, setup, q));
  const auto how = sampling_of(words);
  if (words.samples > 0) {
    const auto drawn = uncertainty::sample(b.answer, how);
    fill_spread(record, runs, setup, q, drawn);
    log_rate = drawn.log_ratio[uncertainty::index(Metric::output_rate)];
    if (q.request.rate) std::fill(log_rate.begin(), log_rate.end(), 0.0);
  }
  if (words.why) fill_why(record, b.answer, how);
  return log_rate;
}

}  // namespace perfmodel::cli
