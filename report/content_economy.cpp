// Power, energy and cost in words and as a table.
#include <fmt/format.h>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr double kBillion = 1e9;

std::string kw(Power p) {
  return number(p.base() / kKilo, kFewDigits);
}
std::string watts(Power p) {
  return number(p.base(), kFewDigits);
}
std::string usd(Usd by_token) {
  return number(by_token.base() * kMillion, kFewDigits);
}

/// " (p10 .. p90)", with samples.
template <class Q, class Text>
std::string interval(const EstimateRecord& r, const Likely<Q>& q, Text text) {
  return r.samples > 0 ? fmt::format(" ({} .. {})", text(q.p10), text(q.p90)) : "";
}

std::string chip_text(const PowerRow& p) {
  const auto& c = p.chip;
  return fmt::format(
      "a chip at work {} W of {}{}: {} idle, {} active, {} matrix units, {} vector "
      "units, {} memory, {} links",
      watts(c.total()), watts(p.tdp), p.limited ? ", held there" : "", watts(c.idle),
      watts(c.active), watts(c.matrix), watts(c.vector), watts(c.memory), watts(c.link));
}

std::string power_text(const EstimateRecord& r) {
  const auto& p = r.power;
  return fmt::format(
      "{} kW{} of at most {} ({}{}): chips {}, around them {}; {} kW with cooling, "
      "PUE {}; {}",
      kw(p.systems.value), interval(r, p.systems, kw), kw(p.nameplate),
      p.nameplate_published ? "" : "by TDP, ", p.nameplate_grade, kw(p.chips), kw(p.around),
      kw(p.site.value), number(p.pue, kFewDigits), chip_text(p));
}

std::string energy_text(const EstimateRecord& r) {
  const auto& t = r.power.token;
  const auto joules = [](Energy e) { return number(e.base(), kFewDigits); };
  const double j = t.value.base();
  auto text = fmt::format(
      "{} J by output token{} with cooling: {} tok/J, {} tok/s per MW, {} kWh "
      "per million tokens",
      joules(t.value), interval(r, t, joules), number(1.0 / j, kFewDigits),
      number(kMega / j, kFewDigits), number(j * kMillion / kKilowattHour, kFewDigits));
  if (!r.power.widest.empty()) text += "; largest unknown " + r.power.widest;
  return text;
}

std::string rent_text(const CostRow& c) {
  if (c.rented_output.base() <= 0) return "";
  return fmt::format("; rented {} and {}", usd(c.rented_input), usd(c.rented_output));
}

std::string cost_text(const EstimateRecord& r) {
  const auto& c = r.cost;
  if (!c.absent.empty())
    return fmt::format(
        "{}; in the systems' price: {} billionths per million input tokens, {} per "
        "million output tokens{}",
        c.absent, number(c.input_of_capital * kMillion * kBillion, kFewDigits),
        number(c.output_of_capital * kMillion * kBillion, kFewDigits), rent_text(c));
  auto text = fmt::format(
      "{} USD per million input tokens{}, {} per million output tokens{}; {} USD/h for capital of "
      "{} million USD ({}{}), {} for electricity{}",
      usd(c.input.value), interval(r, c.input, usd), usd(c.output.value),
      interval(r, c.output, usd), number(c.capital_rate.base() * kHour, kFewDigits),
      number(c.capital.base() / kMillion, kFewDigits),
      c.capital_scope == "chips" ? "chips and a part for the rest, " : "", c.grade,
      number(c.electricity.base() * kHour, kFewDigits), rent_text(c));
  if (!c.widest.empty()) text += "; largest unknown " + c.widest;
  return text;
}

}  // namespace

std::vector<Statement> economy(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (!is_feasible(record)) return out;
  const bool power = record.power.tdp.base() > 0;
  add(out, "power", power ? power_text(record) : record.power.absent);
  if (power) add(out, "energy", energy_text(record));
  if (record.cost.output_of_capital > 0) add(out, "cost", cost_text(record));
  return out;
}

Row economy_row(const std::string& label, const EstimateRecord& r) {
  Row row{{label}, ""};
  const std::string none(kNoNumber);
  const bool power = r.power.tdp.base() > 0;
  const bool cost = r.cost.capital.base() > 0;
  const auto add = [&](bool known, const std::string& text) {
    row.cells.push_back(known ? text : none);
  };
  const double j = r.power.token.value.base();
  add(power, kw(r.power.nameplate));
  add(power, kw(r.power.systems.value));
  add(power, kw(r.power.site.value));
  add(power, number(j, kFewDigits));
  add(power, number(kMega / j, kFewDigits));
  add(cost, usd(r.cost.input.value));
  add(cost, usd(r.cost.output.value));
  const bool drawn = cost && r.samples > 0;
  add(drawn, usd(r.cost.output.p10) + " .. " + usd(r.cost.output.p90));
  add(r.cost.rented_output.base() > 0, usd(r.cost.rented_output));
  return row;
}

}  // namespace perfmodel::report
