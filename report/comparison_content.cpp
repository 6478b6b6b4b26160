#include "report/comparison_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

/// A factor nearer to 1 than this is not worth a reason.
constexpr double kNotable = 0.02;

std::string ratio_text(double r) {
  return std::isfinite(r) && r > 0 ? number(r, kFewDigits) : std::string(kNoNumber);
}

std::string with_ceiling(const Ratio& r) {
  return fmt::format("{} ({})", ratio_text(r.expected), ratio_text(r.ceiling));
}

Frequency rate_of(const ComparedSystem& s) {
  return s.answer.expected.output_system;
}

/// Tokens per second and kilowatt; empty without a power of that scope.
std::string per_kw(const ComparedSystem& s, const std::optional<PowerFigure>& power) {
  if (!power) return std::string(kNoNumber);
  return number(rate_of(s).base() / power->value.base() * kKilo, kFewDigits);
}

std::string power_text(const PowerFigure& p) {
  return fmt::format("{} kW ({})", number(p.value.base() / kKilo, kFewDigits), p.grade);
}

Row infeasible_row(const ComparedSystem& s) {
  return {{s.label}, "infeasible: " + s.answer.infeasible};
}

/// Systems that stand beside the baseline.
template <class Visit>
void each_compared(const ComparisonRecord& record, const Visit& visit) {
  for (std::size_t i = 0; i < record.systems.size(); ++i)
    if (i != record.baseline && record.systems[i].compared) visit(record.systems[i]);
}

std::string speed_text(Frequency f) {
  return number(f.base(), kFewDigits);
}

/// Drafted tokens, by system where each has a depth of its own.
std::string speculation_text(const ComparisonRecord& record) {
  const auto text = [](const EstimateRecord& a) {
    return fmt::format("{}, {} accepted", counted(a.draft_tokens, "draft token"),
                       number(a.accepted));
  };
  const auto& base = record.base().answer;
  const bool alike = std::all_of(record.systems.begin(), record.systems.end(), [&](const auto& s) {
    return !is_feasible(s) || s.answer.draft_tokens == base.draft_tokens;
  });
  if (alike) return base.draft_tokens > 0 ? "; " + text(base) : "";
  std::string all;
  for (const auto& s : record.systems)
    if (is_feasible(s)) all += fmt::format("; {}: {}", s.label, text(s.answer));
  return all;
}

}  // namespace

bool is_feasible(const ComparedSystem& system) {
  return is_feasible(system.answer);
}

const Ratio& ratio_of(const RateRatios& ratios, const std::string& metric) {
  if (metric == "decode") return ratios.decode;
  return metric == "prefill" ? ratios.prefill : ratios.output;
}

std::string metric_text(const std::string& metric) {
  return metric == "output" ? "output tok/s" : metric + "-only tok/s";
}

std::string factor_text(double factor) {
  return "x" + ratio_text(factor);
}

std::vector<std::string> banners(const ComparisonRecord& record) {
  std::vector<std::string> all;
  for (const auto& s : record.systems)
    for (const auto& b : s.answer.banners) {
      const auto text = fmt::format("{}: {}", s.label, b);
      if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
  return all;
}

std::vector<Statement> question(const ComparisonRecord& record) {
  const auto& base = record.base().answer;
  std::vector<std::string> stacks;
  std::vector<std::string> fallbacks;
  const auto add = [](std::vector<std::string>& to, const std::string& text) {
    if (!text.empty() && std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  };
  for (const auto& s : record.systems) {
    add(stacks, s.answer.expected.stack);
    for (const auto& f : s.answer.fallbacks) add(fallbacks, f);
  }
  std::vector<Statement> out = {{"asked", model_and_workload(base)}};
  const bool alike = std::all_of(record.systems.begin(), record.systems.end(), [&](const auto& s) {
    return s.answer.overrides == base.overrides;
  });
  if (alike && !base.overrides.empty()) out.push_back({"set", joined(base.overrides)});
  for (const auto& s : record.systems)
    if (!alike && !s.answer.overrides.empty())
      out.push_back({"changed", fmt::format("{}: {}", s.label, joined(s.answer.overrides))});
  if (!fallbacks.empty()) out.push_back({"fallback", joined(fallbacks)});
  std::string software = joined(stacks, ", ") + " expected, ceiling without software losses";
  software += speculation_text(record);
  out.push_back({"software", software});
  const bool answered = is_feasible(record.base());
  out.push_back({"baseline", record.base().label + (answered ? ", which ratios are over"
                                                             : ", infeasible: no ratios")});
  return out;
}

Grid systems(const ComparisonRecord& record, Detail detail) {
  const bool full = detail == Detail::full;
  Grid grid;
  grid.columns = {{"system", Align::left},
                  {"chips"},
                  {"tok/s/chip"},
                  {"tok/s"},
                  {"TTFT"},
                  {"TPOT"},
                  {"tok/s/kW"},
                  {"weights"},
                  {"KV cache"},
                  {"weakest", Align::left}};
  if (full)
    grid.columns = {{"system", Align::left},
                    {"chips"},
                    {"output tok/s per chip"},
                    {"ceiling"},
                    {"output tok/s, system"},
                    {"ceiling"},
                    {"decode-only tok/s per chip"},
                    {"prefill-only tok/s per chip"},
                    {"TTFT"},
                    {"TPOT"},
                    {"system power"},
                    {"tok/s per kW"},
                    {"accelerators' TDP"},
                    {"tok/s per kW of TDP"},
                    {"weights per device"},
                    {"KV cache"},
                    {"capacity"},
                    {"requests in flight"},
                    {"limited by", Align::left},
                    {"compute", Align::left},
                    {"weakest", Align::left},
                    {"deployment", Align::left}};
  for (const auto& s : record.systems) {
    if (!is_feasible(s)) {
      grid.rows.push_back(infeasible_row(s));
      continue;
    }
    const auto& a = s.answer;
    const auto& e = a.expected;
    Row row{{s.label, whole(a.chips)}, ""};
    const auto add = [&](std::string cell) { row.cells.push_back(std::move(cell)); };
    add(number(e.output_per_chip.base()));
    if (full) add(number(a.ceiling.output_per_chip.base()));
    add(number(e.output_system.base()));
    if (full) {
      add(number(a.ceiling.output_system.base()));
      add(number(e.decode_per_chip.base()));
      add(number(e.prefill_per_chip.base()));
    }
    add(time_text(e.ttft, kFewDigits));
    add(time_text(e.tpot, kFewDigits));
    if (full) add(s.power ? power_text(*s.power) : std::string(kNoNumber));
    add(per_kw(s, s.power));
    if (full) {
      add(s.chip_power ? power_text(*s.chip_power) : std::string(kNoNumber));
      add(per_kw(s, s.chip_power));
    }
    add(bytes_text(a.memory.weights));
    add(bytes_text(a.memory.cache));
    if (full) {
      add(bytes_text(a.memory.capacity));
      add(whole(a.concurrency));
      add(a.limit);
      add(a.compute);
    }
    add(a.weakest_grade);
    if (full) add(engines_text(a));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

Grid intervals(const ComparisonRecord& record) {
  Grid grid;
  const auto drawn = [](const ComparedSystem& s) { return is_feasible(s) && s.answer.samples > 0; };
  if (std::none_of(record.systems.begin(), record.systems.end(), drawn)) return grid;
  grid.columns = {{"p10 .. p90", Align::left},
                  {"tok/s/chip"},
                  {"prefill-only"},
                  {"TTFT"},
                  {"TPOT"},
                  {"SLO kept"}};
  for (const auto& s : record.systems) {
    if (!drawn(s)) continue;
    const auto& a = s.answer;
    const auto rate = [&](Frequency Performance::*m) {
      return fmt::format("{} .. {}", number((a.p10.*m).base(), kFewDigits),
                         number((a.p90.*m).base(), kFewDigits));
    };
    const auto time = [&](Time Performance::*m) {
      return fmt::format("{} .. {}", time_text(a.p10.*m, kFewDigits),
                         time_text(a.p90.*m, kFewDigits));
    };
    const bool promised = a.slo_ttft || a.slo_tpot;
    grid.rows.push_back(
        {{s.label, rate(&Performance::output_per_chip), rate(&Performance::prefill_per_chip),
          time(&Performance::ttft), time(&Performance::tpot),
          promised ? fmt::format("{:.0f} %", 100.0 * a.keeps) : std::string(kNoNumber)},
         ""});
  }
  return grid;
}

std::vector<Statement> bins(const ComparisonRecord& record) {
  std::vector<Statement> out;
  for (const auto& s : record.systems)
    if (auto text = bins_text(s.answer); !text.empty())
      out.push_back({out.empty() ? "bins" : "", fmt::format("{}: {}", s.label, text)});
  return out;
}

std::vector<Statement> deployments(const ComparisonRecord& record) {
  std::vector<Statement> out;
  for (const auto& s : record.systems)
    if (is_feasible(s))
      out.push_back(
          {out.empty() ? "deployed" : "",
           fmt::format("{}: {}, limited by {}", s.label, engines_text(s.answer), s.answer.limit)});
  return out;
}

Grid ratios(const ComparisonRecord& record) {
  Grid grid;
  grid.columns = {{fmt::format("over {} (ceiling)", record.base().label), Align::left},
                  {"per chip"},
                  {"system"},
                  {"decode-only"},
                  {"prefill-only"},
                  {"TTFT"},
                  {"TPOT"},
                  {"per kW"}};
  each_compared(record, [&](const ComparedSystem& s) {
    const bool whole_system = s.per_joule && s.per_joule_scope == "system";
    grid.rows.push_back(
        {{s.label, with_ceiling(s.per_chip.output), with_ceiling(s.system.output),
          with_ceiling(s.per_chip.decode), with_ceiling(s.per_chip.prefill), ratio_text(s.ttft),
          ratio_text(s.tpot), whole_system ? ratio_text(*s.per_joule) : std::string(kNoNumber)},
         ""});
  });
  return grid;
}

std::vector<Statement> parity(const ComparisonRecord& record) {
  std::vector<Statement> out;
  const auto& base = record.base();
  each_compared(record, [&](const ComparedSystem& s) {
    const auto& system = ratio_of(s.system, record.metric);
    const auto& chip = ratio_of(s.per_chip, record.metric);
    std::string text =
        fmt::format("1 {} = {} {} (ceiling {})", base.label, ratio_text(1.0 / system.expected),
                    s.label, ratio_text(1.0 / system.ceiling));
    if (s.answer.chip == base.answer.chip)
      text += fmt::format("; a chip of {} does {} times what one of {} does", base.label,
                          ratio_text(1.0 / chip.expected), s.label);
    else
      text += fmt::format("; 1 {} = {} {} (ceiling {})", base.answer.chip,
                          ratio_text(1.0 / chip.expected), s.answer.chip,
                          ratio_text(1.0 / chip.ceiling));
    if (s.chance_above)
      text += fmt::format("; {} turns out more per chip with probability {:.2f}", s.label,
                          *s.chance_above);
    if (s.per_joule) {
      const bool whole_system = s.per_joule_scope == "system";
      text +=
          fmt::format("; for equal output {}x the power{} ({})", ratio_text(*s.per_joule),
                      whole_system ? "" : " of the accelerators alone, by TDP", s.per_joule_grade);
    } else {
      text += "; power is not published for both";
    }
    out.push_back({out.empty() ? "parity" : "", text});
  });
  return out;
}

Grid factors(const ComparisonRecord& record) {
  Grid grid;
  grid.columns = {{fmt::format("{} per chip, why", metric_text(record.metric)), Align::left}};
  std::vector<const ComparedSystem*> shown;
  each_compared(record, [&](const ComparedSystem& s) {
    if (s.factors.empty()) return;
    shown.push_back(&s);
    grid.columns.push_back({s.label});
  });
  if (shown.empty()) return {};
  for (std::size_t i = 0; i < shown[0]->factors.size(); ++i) {
    Row row{{shown[0]->factors[i].part}, ""};
    for (const auto* s : shown)
      row.cells.push_back(s->factors[i].change.empty() ? std::string(kNoNumber)
                                                       : factor_text(s->factors[i].factor));
    grid.rows.push_back(std::move(row));
  }
  Row product{{"all together"}, ""};
  for (const auto* s : shown)
    product.cells.push_back(factor_text(ratio_of(s->per_chip, record.metric).expected));
  grid.rows.push_back(std::move(product));
  return grid;
}

std::vector<Statement> reasons(const ComparisonRecord& record, std::size_t most) {
  std::vector<Statement> out;
  bool said = false;  // the label, before the first of several
  each_compared(record, [&](const ComparedSystem& s) {
    if (s.factors.empty()) {
      out.push_back({"no parts", fmt::format("{}: {}", s.label, s.no_factors)});
      return;
    }
    std::vector<const FactorRow*> rows;
    for (const auto& f : s.factors)
      if (!f.change.empty() && std::abs(std::log(f.factor)) > kNotable) rows.push_back(&f);
    std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
      return std::abs(std::log(a->factor)) > std::abs(std::log(b->factor));
    });
    if (rows.size() > most) rows.resize(most);
    std::vector<std::string> texts;
    for (const auto* f : rows)
      texts.push_back(fmt::format("{} {} ({})", factor_text(f->factor), f->part, f->change));
    if (texts.empty()) texts.emplace_back("nothing that matters");
    auto text = fmt::format("{}: {}", s.label, joined(texts, ", "));
    if (s.orders < s.orders_possible)
      text +=
          fmt::format("; over {} of {} orders of exchange, the others pass a machine that cannot",
                      whole(s.orders), whole(s.orders_possible));
    out.push_back({said ? "" : "because", text});
    said = true;
  });
  return out;
}

Grid interactivity(const ComparisonRecord& record) {
  Grid grid;
  grid.columns = {{"tok/s/chip by tok/s of a user", Align::left}};
  for (const auto f : record.levels) grid.columns.push_back({speed_text(f)});
  grid.columns.push_back({"reach"});
  for (const auto& s : record.systems) {
    Row row{{s.label}, ""};
    for (const auto& p : s.points) {
      std::string cell(kNoNumber);
      if (p.infeasible.empty()) {
        cell = number(p.output_per_chip.base(), kFewDigits);
        if (p.ratio && &s != &record.base()) cell += fmt::format(" ({})", factor_text(*p.ratio));
      }
      row.cells.push_back(std::move(cell));
    }
    const bool beyond = s.reach && *s.reach >= record.scanned_to;
    row.cells.push_back(!s.reach ? std::string(kNoNumber)
                        : beyond ? "over " + speed_text(record.scanned_to)
                                 : speed_text(*s.reach));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::vector<Statement> crossings(const ComparisonRecord& record) {
  std::vector<std::string> texts;
  for (const auto& c : record.crossings)
    texts.push_back(fmt::format("{} overtakes {} at {}{}", c.leader, c.other, speed_text(c.at),
                                c.by_reach ? " (beyond its reach)" : ""));
  if (texts.empty())
    texts.push_back(fmt::format("none between {} and {} tok/s of a user",
                                speed_text(record.scanned_from), speed_text(record.scanned_to)));
  return {{"crossovers", joined(texts)}};
}

}  // namespace perfmodel::report
