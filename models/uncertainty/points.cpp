#include "uncertainty/points.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "uncertainty/draws.hpp"

namespace perfmodel::uncertainty {
namespace {

/// Samples of all points of a part: as many numbers by metric as stay in a cache.
constexpr std::size_t kMostNumbers = std::size_t{1} << 18U;

}  // namespace

/// Points of one plan, evaluated together at the machine as it stands.
class PointSampler::Bench {
 public:
  Bench(const phase::Plan& plan, const cost::Machine& machine, double accepted)
      : points_(plan, machine, accepted), accepted_(accepted) {}

  void take(std::span<const serving::Point> asked) {
    asked_ = asked;
    base_.resize(asked.size());
    steady_.resize(asked.size());
    steps_.resize(asked.size());
    lengths_.clear();
    length_of_.clear();
    for (const auto& p : asked) {
      if (lengths_.empty() || lengths_.back() != p.lengths) lengths_.push_back(p.lengths);
      length_of_.push_back(lengths_.size() - 1);
    }
    costs_.resize(lengths_.size());
  }
  std::size_t size() const { return asked_.size(); }

  void evaluate(const cost::Machine& machine, std::span<PerMetric<double>> numbers) {
    points_.set_machine(machine);
    points_.decode_steps(asked_, steps_);
    points_.prefills(lengths_, costs_);
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      const auto& p = asked_[i];
      steady_[i] = serving::steady_at(points_.plan(), machine, p.lengths, costs_[length_of_[i]],
                                      accepted_, p.batch, steps_[i]);
      numbers[i] = numbers_of(steady_[i], 1.0);
    }
  }
  bool fits(std::size_t i) const {
    return serving::memory_plan(points_.plan(), points_.machine(), asked_[i].lengths,
                                asked_[i].batch)
        .fits();
  }

  /// Remembers the numbers as those that samples are compared with.
  void set_base(const cost::Machine& machine) {
    evaluate(machine, base_);
    base_steady_ = steady_;
  }
  const PerMetric<double>& base(std::size_t i) const { return base_[i]; }
  const serving::Steady& base_steady(std::size_t i) const { return base_steady_[i]; }

 private:
  serving::Points points_;
  double accepted_;
  std::span<const serving::Point> asked_;
  std::vector<serving::Lengths> lengths_;  // each once where neighbours share them
  std::vector<std::size_t> length_of_;
  std::vector<serving::PrefillCost> costs_;
  std::vector<Time> steps_;
  std::vector<PerMetric<double>> base_;
  std::vector<serving::Steady> steady_, base_steady_;
};

PointSampler::PointSampler(const search::Site& site, const cost::Stack& stack,
                           const ModelError& error, const Sampling& how)
    : specs_(site, nullptr, stack),
      error_(error),
      samples_(how.samples),
      seed_(how.seed),
      draws_(specs_.knobs().size()),
      values_(specs_.knobs().size()) {
  const ErrorDraws draws(stack, site.chip, error.common, how);
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    const auto metric = static_cast<Metric>(m);
    const Discrepancy unit{sign_of(metric), error.discrepancy[m].tail};
    for (const double z : draws.of(metric)) unit_error_[m].push_back(unit.at(z));
  }
}

void PointSampler::sample(const phase::Plan& plan, double accepted, const serving::Slo& slo,
                          std::span<const serving::Point> asked, std::span<PointIntervals> out) {
  if (asked.size() != out.size()) throw std::invalid_argument("as many answers as points");
  Bench bench(plan, specs_.machine(), accepted);
  const auto most = std::max<std::size_t>(1, kMostNumbers / std::max<std::size_t>(1, samples_));
  for (std::size_t first = 0; first < asked.size(); first += most) {
    const auto size = std::min(most, asked.size() - first);
    sample_part(bench, slo, asked.subspan(first, size), out.subspan(first, size));
  }
}

void PointSampler::sample_part(Bench& bench, const serving::Slo& slo,
                               std::span<const serving::Point> asked,
                               std::span<PointIntervals> out) {
  bench.take(asked);
  const auto reach = reaches(specs_, asked.size(), [&](std::span<PerMetric<double>> numbers) {
    bench.evaluate(specs_.machine(), numbers);
  });
  // Nearly always all points of a plan draw the same figures.
  std::map<Which, Which> by_knobs;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    Which knobs;
    for (std::size_t k = 0; k < specs_.knobs().size(); ++k)
      if (is_drawn(specs_.knobs()[k], reach[i][k])) knobs.push_back(k);
    by_knobs[std::move(knobs)].push_back(i);
  }
  for (const auto& [knobs, which] : by_knobs) {
    std::vector<serving::Point> alike;
    for (const auto i : which) alike.push_back(asked[i]);
    bench.take(alike);
    draw(bench, knobs);
    for (std::size_t j = 0; j < which.size(); ++j)
      out[which[j]] = summed_up(bench, j, slo, reach[which[j]]);
  }
}

void PointSampler::draw(Bench& bench, const Which& knobs) {
  const auto n = bench.size();
  bench.set_base(specs_.machine());
  for (auto& of_metric : log_ratio_) of_metric.resize(n * samples_);
  fit_.assign(n, 0.0);
  std::vector<PerMetric<double>> numbers(n);
  for (std::size_t s = 0; s < samples_; ++s) {
    set_figures(knobs, s);
    bench.evaluate(specs_.machine(), numbers);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t m = 0; m < kMetricCount; ++m)
        log_ratio_[m][i * samples_ + s] = log_ratio(numbers[i][m], bench.base(i)[m]);
      fit_[i] += bench.fits(i) ? 1.0 : 0.0;
    }
  }
  specs_.choose(0);
  for (const auto k : knobs)
    if (!specs_.knobs()[k].is_choice()) specs_.knobs()[k].set(specs_.knobs()[k].spread.value);
}

void PointSampler::set_figures(const Which& knobs, std::size_t draw) {
  // The choice of a chip comes first, and the figures of that part with it.
  for (const auto k : knobs) {
    const auto& knob = specs_.knobs()[k];
    if (knob.is_choice() || (specs_.bin() != 0 && !knob.on_bin.empty()))
      specs_.draw(k, draws_of_knob(k)[draw]);
    else
      knob.set(values_of(k)[draw]);
  }
}

const std::vector<double>& PointSampler::draws_of_knob(std::size_t knob) {
  auto& draws = draws_[knob];
  if (draws.empty()) draws = draws_of(specs_.knobs()[knob].key, samples_, seed_);
  return draws;
}

const std::vector<double>& PointSampler::values_of(std::size_t knob) {
  auto& values = values_[knob];
  if (!values.empty()) return values;
  values.reserve(samples_);
  for (const double u : draws_of_knob(knob)) values.push_back(specs_.knobs()[knob].spread.at(u));
  return values;
}

PointIntervals PointSampler::summed_up(const Bench& bench, std::size_t point,
                                       const serving::Slo& slo, const std::vector<Reach>& reach) {
  PerMetric<double> fitted{};
  for (std::size_t k = 0; k < reach.size(); ++k) {
    if (specs_.knobs()[k].side != Side::fitted) continue;
    for (std::size_t m = 0; m < kMetricCount; ++m)
      fitted[m] += reach[k].deviation[m] * reach[k].deviation[m];
  }
  const auto discrepancy = net(error_.discrepancy, fitted);
  PerMetric<std::span<double>> samples;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    samples[m] = {&log_ratio_[m][point * samples_], samples_};
    if (discrepancy[m].scale <= 0) continue;
    for (std::size_t s = 0; s < samples_; ++s)
      samples[m][s] += discrepancy[m].scale * unit_error_[m][s];
  }
  PointIntervals r;
  const auto& steady = bench.base_steady(point);
  r.fits = fit_[point] / static_cast<double>(samples_);
  r.keeps = share_kept(slo, steady.ttft, steady.tpot, samples[index(Metric::ttft)],
                       samples[index(Metric::tpot)]);
  for (std::size_t m = 0; m < kMetricCount; ++m) r.interval[m] = interval_of(samples[m]);
  return r;
}

}  // namespace perfmodel::uncertainty
