#include "uncertainty/economy.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "uncertainty/draws.hpp"
#include "uncertainty/spread.hpp"

namespace perfmodel::uncertainty {
namespace {

constexpr double kFullShare = 1.0;

struct Site {
  explicit Site(const search::Site& s)
      : chip(s.chip), family(s.family), system(s.system), systems(s.systems) {}
  hw::Chip chip;
  const hw::Family& family;
  hw::System system;
  int systems;

  search::Site view() const { return {chip, family, system, systems}; }
};

struct Figure {
  std::string key;
  std::string path;
  Spread spread;
  double* value;
};

/// Own copies of what is drawn, and the answer from them.
class Books {
 public:
  explicit Books(const EconomyAnswer& a)
      : load_(a.load), site_(a.site), power_(a.power), prices_(a.prices) {
    if (a.prefill != nullptr) prefill_.emplace(*a.prefill);
    for (auto* s : {&site_, prefill_ ? &*prefill_ : nullptr}) {
      if (s == nullptr) continue;
      add(s->chip.tdp);
      add(s->system.power);
      add(s->system.host_power);
      add(s->system.network_power);
      add(s->system.pue, kFullShare);
      for (auto* price : {&s->system.price_usd, &s->chip.price_usd}) add(*price);
      for (auto* price : {&s->system.price_cny, &s->chip.price_cny}) add(*price);
    }
    for (auto* f : {&power_.chip.idle, &power_.chip.active, &power_.around.steady})
      add(*f, 0, kFullShare);
    for (auto* f : {&power_.chip.matrix, &power_.chip.vector, &power_.chip.memory,
                    &power_.chip.link, &power_.around.proportional})
      add(*f);
    add(power_.around.fixed);
    add(power_.around.pue, kFullShare);
    add(prices_.lifetime);
    add(prices_.interest);
    add(prices_.surroundings);
    add(prices_.yuan);
    add(prices_.electricity);
  }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  const std::vector<Figure>& figures() const { return figures_; }

  /// In logarithms, at a rate of `times` the answer's; no number where there is none.
  PerEconomy<std::optional<double>> at(double times) const {
    auto load = load_;
    for (auto* pools : {&load.pools, &load.elsewhere})
      for (auto& pool : *pools)
        for (auto part : {&power::Activity::matrix, &power::Activity::vector,
                          &power::Activity::memory, &power::Activity::link})
          pool.activity.*part = std::min(1.0, pool.activity.*part * times);
    load.output *= times;
    load.input *= times;
    PerEconomy<std::optional<double>> r;
    const auto site = site_.view();
    std::optional<search::Site> other;
    if (prefill_) other.emplace(prefill_->view());
    const auto* elsewhere = other ? &*other : nullptr;
    const auto power = search::power_at(load, site, power_, elsewhere);
    if (!power) return r;
    r[index(EconomyMetric::systems)] = std::log(power->systems().base());
    r[index(EconomyMetric::site)] = std::log(power->site().base());
    r[index(EconomyMetric::token_energy)] = std::log((power->site() / load.output).base());
    const auto cost = search::cost_at(load, site, power->site(), prices_, elsewhere);
    if (!cost) return r;
    r[index(EconomyMetric::input_cost)] = std::log(cost->token.input.base());
    r[index(EconomyMetric::output_cost)] = std::log(cost->token.output.base());
    return r;
  }

 private:
  /// Quantities are doubles of a base unit, so one pointer serves all dimensions.
  template <class Q>
  void add(spec::Sourced<Q>& f, double min = 0, double max = 1e300) {
    static_assert(sizeof(Q) == sizeof(double) && std::is_standard_layout_v<Q>);
    const auto spread = spread_of(f, min, max);
    if (!spread.has_width()) return;
    auto key = f.origin.path + " " + f.origin.file.substr(f.origin.file.find_last_of('/') + 1);
    figures_.push_back(
        {std::move(key), f.origin.path, spread, reinterpret_cast<double*>(&f.value)});
  }
  template <class Q>
  void add(hw::Figure<Q>& f, double min = 0, double max = 1e300) {
    if (f) add(*f, min, max);
  }

  const search::Load& load_;
  Site site_;
  std::optional<Site> prefill_;
  power::Coefficients power_;
  tco::Prices prices_;
  std::vector<Figure> figures_;
};

double quantile_of(std::vector<double>& x, double share) {
  std::sort(x.begin(), x.end());
  const double at = share * static_cast<double>(x.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double high = x[std::min(below + 1, x.size() - 1)];
  return x[below] + (at - static_cast<double>(below)) * (high - x[below]);
}

}  // namespace

EconomyIntervals economy_intervals(const EconomyAnswer& answer, const std::vector<double>& log_rate,
                                   std::uint64_t seed) {
  EconomyIntervals r;
  const std::size_t n = log_rate.size();
  Books books(answer);
  const auto base = books.at(1.0);
  if (n == 0 || !base[0]) return r;
  PerEconomy<double> width{};
  const auto widen = [&](const auto& low, const auto& high, std::string_view name) {
    for (std::size_t m = 0; m < kEconomyMetrics; ++m) {
      if (!low[m] || !high[m] || std::abs(*high[m] - *low[m]) <= width[m]) continue;
      width[m] = std::abs(*high[m] - *low[m]);
      r.widest[m] = name;
    }
  };
  auto sorted = log_rate;
  widen(books.at(std::exp(quantile_of(sorted, 0.05))),
        books.at(std::exp(quantile_of(sorted, 0.95))), "throughput");
  std::vector<std::vector<double>> draws;
  for (const auto& f : books.figures()) {
    *f.value = f.spread.low;
    const auto low = books.at(1.0);
    *f.value = f.spread.high;
    widen(low, books.at(1.0), f.path);
    *f.value = f.spread.value;
    draws.push_back(draws_of(f.key, n, seed));
  }
  PerEconomy<std::vector<double>> samples;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t f = 0; f < draws.size(); ++f)
      *books.figures()[f].value = books.figures()[f].spread.at(draws[f][i]);
    const auto at = books.at(std::exp(log_rate[i]));
    for (std::size_t m = 0; m < kEconomyMetrics; ++m)
      if (at[m] && base[m]) samples[m].push_back(*at[m] - *base[m]);
  }
  for (std::size_t m = 0; m < kEconomyMetrics; ++m)
    if (!samples[m].empty())
      r.interval[m] = {std::exp(quantile_of(samples[m], 0.1)),
                       std::exp(quantile_of(samples[m], 0.5)),
                       std::exp(quantile_of(samples[m], 0.9))};
  return r;
}

}  // namespace perfmodel::uncertainty
