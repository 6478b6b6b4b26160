#include "tco/cost.hpp"

#include <cmath>

#include <fmt/format.h>

namespace perfmodel::tco {
namespace {

Capital in(const spec::Sourced<Usd>& price, Scope scope) {
  return {price.value, scope, price.grade, price.origin.path};
}
Capital in(const spec::Sourced<Cny>& price, Scope scope, const Prices& prices) {
  return {price.value / prices.yuan.value, scope, spec::weaker(price.grade, prices.yuan.grade),
          price.origin.path};
}

std::optional<Capital> best_price(const hw::System& system, const hw::Chip& chip,
                                  const Prices& prices) {
  if (system.price_usd) return in(*system.price_usd, Scope::system);
  if (chip.price_usd) return in(*chip.price_usd, Scope::chips);
  if (system.price_cny) return in(*system.price_cny, Scope::system, prices);
  if (chip.price_cny) return in(*chip.price_cny, Scope::chips, prices);
  return std::nullopt;
}

}  // namespace

spec::Outcome<Capital> capital_of(const hw::System& system, const hw::Chip& chip, int systems,
                                  const Prices& prices) {
  auto c = best_price(system, chip, prices);
  if (!c)
    return spec::Infeasible{
        spec::Why::missing_figure,
        fmt::format("no source gives a price of {} or {} (system.price, chip.price)", system.id,
                    chip.id),
        ""};
  c->value *= systems;
  if (c->scope == Scope::chips) {
    c->value *= system.chip_count() * (1.0 + prices.surroundings.value.base());
    c->grade = spec::weaker(c->grade, prices.surroundings.grade);
  }
  return *c;
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
