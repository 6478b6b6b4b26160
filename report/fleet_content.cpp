#include "report/fleet_content.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/numbers.hpp"
#include "units/text.hpp"

namespace perfmodel::report {
namespace {

constexpr double kHundred = 100;

std::string rate(Frequency f) {
  return number(f.base());
}

std::string power_text(const std::optional<Power>& p) {
  return p ? format(*p) : std::string(kNoNumber);
}

std::string cost_text(const std::optional<UsdRate>& c) {
  return c ? number(c->base() * kHour) : std::string(kNoNumber);
}

/// "99.97 %": never rounded up to all of it.
std::string share_text(double share) {
  if (share >= 1.0) return "100 %";
  const double scale = std::pow(10, kFewDigits) * kHundred;
  return number(std::floor(share * scale) / scale * kHundred) + " %";
}

template <class Q>
std::string span_text(const Spanned<Q>& s, bool sampled, double unit = 1) {
  const auto value = number(s.value.base() / unit);
  if (!sampled) return value;
  return fmt::format("{} ({} .. {})", value, number(s.p10.base() / unit, kFewDigits),
                     number(s.p90.base() / unit, kFewDigits));
}

bool serves(const FleetBlock& b) {
  return b.infeasible.empty();
}

/// The block of a kind that turns out most per chip; nullptr if none serves.
const FleetBlock* best_block(const FleetRecord& r, std::size_t hardware, std::size_t workload) {
  const FleetBlock* best = nullptr;
  for (const auto& b : r.blocks)
    if (b.hardware == hardware && b.workload == workload && serves(b) &&
        (best == nullptr || b.output.base() * best->chips > best->output.base() * b.chips))
      best = &b;
  return best;
}

std::string slo_text(const FleetWorkload& w) {
  std::string s;
  if (w.slo_ttft) s += "TTFT " + time_text(*w.slo_ttft);
  if (w.slo_tpot) s += (s.empty() ? "TPOT " : ", TPOT ") + time_text(*w.slo_tpot);
  return s.empty() ? "none" : s;
}

template <class Of>
std::optional<Power> total_power(const FleetRecord& r, Of of) {
  Power sum{};
  for (const auto& h : r.hardware) {
    if (!(h.*of)) return std::nullopt;
    sum += *(h.*of);
  }
  return sum;
}

std::string demands_met(const std::vector<double>& shares) {
  const auto met = std::count_if(shares.begin(), shares.end(), [](double s) { return s >= 1.0; });
  return fmt::format("{} of {}", met, shares.size());
}

}  // namespace

bool has_inventory(const FleetRecord& record) {
  return !record.hardware.empty();
}

std::vector<Statement> fleet_question(const FleetRecord& r) {
  std::vector<Statement> s;
  add(s, "fleet", r.name.empty() || r.name == r.fleet ? r.about : r.name + ": " + r.about);
  if (!has_inventory(r)) return s;
  auto text = fmt::format("demands met by priority, then least {}", r.objective);
  if (r.utilisation < 1.0)
    text += fmt::format("; planned with {} of what a deployment turns out at its promise",
                        percent(r.utilisation));
  add(s, "asked", text);
  if (r.training > 0)
    add(s, "training",
        fmt::format("takes {} of the highest dense 16-bit rate first",
                    counted(r.training, "chip")));
  return s;
}

Grid fleet_workloads(const FleetRecord& r) {
  Grid g;
  g.columns = {{"workload", Align::left},
               {"model", Align::left},
               {"in"},
               {"out"},
               {"promise", Align::left},
               {"priority"},
               {"req/s"},
               {"met"},
               {"chips"}};
  if (!has_inventory(r)) g.columns.resize(g.columns.size() - 2);
  for (const auto& w : r.workloads) {
    Row row{{w.name, w.llm, whole(w.input), whole(w.output), slo_text(w),
             fmt::to_string(w.priority), rate(w.demand)},
            ""};
    if (has_inventory(r)) {
      row.cells.push_back(share_text(w.share));
      row.cells.push_back(whole(w.chips));
    }
    g.rows.push_back(std::move(row));
  }
  return g;
}

std::vector<Statement> fleet_limits(const FleetRecord& r) {
  std::vector<Statement> s;
  bool said = false;
  for (const auto& w : r.workloads) {
    if (w.limit.empty()) continue;
    add(s, said ? "" : "short",
        fmt::format("{}: {} of {} req/s; what is short: {}", w.name, rate(w.served), rate(w.demand),
                    w.limit));
    said = true;
  }
  return s;
}

Grid fleet_allocation(const FleetRecord& r) {
  Grid g;
  g.columns = {{"workload", Align::left},
               {"on", Align::left},
               {"blocks"},
               {"chips"},
               {"covers"},

               {"TPOT"},
               {"power"},
               {"$/h"},
               {"deployment", Align::left}};
  for (std::size_t w = 0; w < r.workloads.size(); ++w)
    for (const auto& b : r.blocks) {
      if (b.workload != w || b.blocks == 0) continue;
      std::optional<Power> power;
      if (b.power) power = *b.power * b.blocks;
      std::optional<UsdRate> cost;
      if (b.cost) cost = *b.cost * b.blocks;
      g.rows.push_back(
          {{r.workloads[w].name, r.hardware[b.hardware].name,
            fmt::format("{} x {}", whole(b.blocks), whole(b.chips)), whole(b.blocks * b.chips),
            percent(b.requests * b.blocks / r.workloads[w].demand), time_text(b.tpot),
            power_text(power), cost_text(cost), b.parallelism},
           ""});
    }
  return g;
}

Grid fleet_hardware(const FleetRecord& r) {
  Grid g;
  g.columns = {{"kind", Align::left},
               {"in", Align::left},
               {"16-bit peak"},
               {"chips"},
               {"training"},
               {"serving"},
               {"left"},
               {"power"},
               {"$/h"}};
  for (const auto& h : r.hardware)
    g.rows.push_back({{h.name, h.system, h.peak ? format(*h.peak) : std::string(kNoNumber),
                       whole(h.chips), whole(h.training), whole(h.serving), whole(h.left),
                       power_text(h.power), cost_text(h.cost)},
                      ""});
  return g;
}

Grid fleet_rates(const FleetRecord& r) {
  Grid g;
  g.columns = {{"tok/s/chip in the best block", Align::left}};
  for (const auto& w : r.workloads) g.columns.push_back({w.name});
  for (std::size_t h = 0; h < r.hardware.size(); ++h) {
    Row row{{r.hardware[h].name}, ""};
    for (std::size_t w = 0; w < r.workloads.size(); ++w) {
      const auto* b = best_block(r, h, w);
      row.cells.push_back(b == nullptr ? std::string(kNoNumber)
                                       : fmt::format("{} ({})", rate(b->output / b->chips),
                                                     counted(b->chips, "chip")));
    }
    g.rows.push_back(std::move(row));
  }
  return g;
}

std::vector<Statement> fleet_reasons(const FleetRecord& r) {
  std::vector<Statement> s;
  bool said = false;
  for (const auto& b : r.blocks) {
    if (serves(b) || b.excluded) continue;
    add(s, said ? "" : "cannot",
        fmt::format("{} on {}: {}", r.workloads[b.workload].name, r.hardware[b.hardware].name,
                    b.infeasible));
    said = true;
  }
  return s;
}

Grid fleet_variants(const FleetRecord& r) {
  Grid g;
  g.columns = {{"least", Align::left}, {"demands met"}, {"chips"}, {"power"}, {"$/h"}};
  for (const auto& h : r.hardware) g.columns.push_back({h.name});
  for (const auto& v : r.variants) {
    if (!v.unknown.empty()) {
      g.rows.push_back({{v.objective}, v.unknown});
      continue;
    }
    Row row{{v.objective, demands_met(v.shares), whole(v.chips), power_text(v.power),
             cost_text(v.cost)},
            ""};
    for (const double chips : v.chips_by_hardware) row.cells.push_back(whole(chips));
    g.rows.push_back(std::move(row));
  }
  return g;
}

Grid fleet_more(const FleetRecord& r) {
  Grid g;
  g.columns = {
      {fmt::format("{} more", whole(r.more)), Align::left}, {"chips in use"}, {"power"}, {"$/h"}};
  for (const auto& w : r.workloads) g.columns.push_back({w.name});
  double chips = 0;
  for (const auto& h : r.hardware) chips += h.serving;
  const auto power = total_power(r, &FleetHardware::power);
  UsdRate cost{};
  bool cost_known = true;
  for (const auto& h : r.hardware) {
    cost_known = cost_known && h.cost;
    if (h.cost) cost += *h.cost;
  }
  const auto row = [&](std::string name, double n, const std::optional<Power>& p,
                       const std::optional<UsdRate>& c, const std::vector<double>& shares) {
    Row line{{std::move(name), whole(n), power_text(p), cost_text(c)}, ""};
    for (const double s : shares) line.cells.push_back(share_text(s));
    return line;
  };
  std::vector<double> now;
  for (const auto& w : r.workloads) now.push_back(w.share);
  g.rows.push_back(
      row("none", chips, power, cost_known ? std::optional<UsdRate>(cost) : std::nullopt, now));
  for (const auto& m : r.added)
    g.rows.push_back(row(r.hardware[m.hardware].name, m.chips, m.power, m.cost, m.shares));
  return g;
}

Grid fleet_production(const FleetRecord& r) {
  Grid g;
  g.columns = {
      {"supply", Align::left},  {"case", Align::left}, {"chips a month"}, {"months"}, {"chips"},
      {"short of", Align::left}};
  const SupplyRow* last = nullptr;
  for (const auto& s : r.supply) {
    const bool same = last != nullptr && last->supply == s.supply && last->which == s.which;
    last = &s;
    if (same) continue;
    g.rows.push_back({{s.supply, s.which, span_text(s.chips, r.samples > 0), whole(s.months),
                       number(s.chips.value.base() * s.months), s.limited_by},
                      ""});
  }
  return g;
}

Grid fleet_supply(const FleetRecord& r) {
  Grid g;
  const bool sampled = r.samples > 0;
  g.columns = {{"case", Align::left},          {"workload", Align::left},   {"tok/s/chip"},
               {"million tok/s a month adds"}, {"million tok/s after all"}, {"of demand"}};
  for (const auto& s : r.supply) {
    const auto& w = r.workloads[s.workload];
    Row row{{s.which, w.name}, s.infeasible};
    if (s.infeasible.empty()) {
      const auto asked = w.demand * w.tokens;
      for (auto cell : {rate(s.per_chip), span_text(s.added, sampled, kMega),
                        span_text(s.after, sampled, kMega),
                        fmt::format("x{}", number(s.after.value / asked, kFewDigits))})
        row.cells.push_back(std::move(cell));
    }
    g.rows.push_back(std::move(row));
  }
  return g;
}

std::vector<Statement> fleet_supply_notes(const FleetRecord& r) {
  std::vector<Statement> s;
  if (r.supply.empty()) return s;
  std::string text = "every chip of a supply serves the one workload of the row";
  if (r.samples > 0)
    text += fmt::format(
        "; p10 .. p90 in brackets, {} draws of the supply's figures, of the machine's, and of the "
        "model's error",
        whole(static_cast<double>(r.samples)));
  add(s, "supply", text);
  bool said = false;
  for (const auto& row : r.supply) {
    if (row.workload != 0 || r.samples == 0 || row.stacks_limit <= 0 || row.stacks_limit >= 1)
      continue;
    add(s, said ? "" : "unsure",
        fmt::format("{}, {}: memory stacks are what is short in {} of the draws", row.supply,
                    row.which, percent(row.stacks_limit)));
    said = true;
  }
  return s;
}

std::vector<Statement> fleet_assumed(const FleetRecord& r) {
  std::vector<Statement> s;
  bool said = false;
  for (const auto& text : r.assumed) {
    add(s, said ? "" : "assumed", text);
    said = true;
  }
  return s;
}

}  // namespace perfmodel::report
