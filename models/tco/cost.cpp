#include "tco/cost.hpp"

#include <cmath>

#include <fmt/format.h>

namespace perfmodel::tco {
namespace {

/// The price in dollars: as published in them, else from yuan.
std::optional<Capital> in_dollars(const hw::Figure<Usd>& usd, const hw::Figure<Cny>& cny,
                                  const Prices& prices) {
  if (usd) return Capital{usd->value, Scope::system, usd->grade, usd->origin.path};
  if (!cny) return std::nullopt;
  return Capital{cny->value / prices.yuan.value, Scope::system,
                 spec::weaker(cny->grade, prices.yuan.grade), cny->origin.path};
}

}  // namespace

spec::Outcome<Capital> capital_of(const hw::System& system, const hw::Chip& chip, int systems,
                                  const Prices& prices) {
  if (auto c = in_dollars(system.price_usd, system.price_cny, prices)) {
    c->value *= systems;
    return *c;
  }
  if (auto c = in_dollars(chip.price_usd, chip.price_cny, prices)) {
    c->scope = Scope::chips;
    c->value *= system.chip_count() * systems * (1.0 + prices.surroundings.value.base());
    c->grade = spec::weaker(c->grade, prices.surroundings.grade);
    return *c;
  }
  return spec::Infeasible{
      spec::Why::missing_figure,
      fmt::format("no price of {} or {} is published (system.price, chip.price)", system.id,
                  chip.id),
      ""};
}

Frequency recovery_rate(const Prices& prices) {
  const double years = prices.lifetime.value.base() / kYear;
  const double i = prices.interest.value.base();
  const double by_year = i > 0 ? i / -std::expm1(-years * std::log1p(i)) : 1.0 / years;
  return Frequency::from_base(by_year / kYear);
}

RunningCost running_cost(const Capital& capital, Power site_power, const Prices& prices) {
  return {capital.value * recovery_rate(prices), site_power * prices.electricity.value};
}

}  // namespace perfmodel::tco
