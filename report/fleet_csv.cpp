// One table declares each column once, with what fills it from a line.
#include "report/csv_table.hpp"
#include "report/fleet_format.hpp"

namespace perfmodel::report {
namespace {

using Field = std::string;

/// One row of the table; of hardware and workload those it is about.
struct Line {
  const FleetRecord& record;
  std::string_view kind;
  const FleetHardware* hardware = nullptr;
  const FleetWorkload* workload = nullptr;
  const FleetBlock* block = nullptr;
  const FleetVariant* variant = nullptr;
  const FleetMore* more = nullptr;
  const SupplyRow* supply = nullptr;
  double share = -1;  // of the workload's demand; negative: the row says none
};

Field opt(const std::optional<Power>& p) {
  return p ? csv_number(p->base() / kKilo) : "";
}
Field opt(const std::optional<UsdRate>& c) {
  return c ? csv_number(c->base() * kHour) : "";
}

bool serves(const Line& l) {
  return l.block != nullptr && l.block->infeasible.empty();
}
bool about_chips(const Line& l) {
  return l.kind == "hardware";
}
bool about_workload(const Line& l) {
  return l.kind == "workload";
}

template <auto Member>
Field of_hardware(const Line& l) {
  return l.hardware != nullptr ? l.hardware->*Member : "";
}
template <auto Member>
Field chips_of(const Line& l) {
  return about_chips(l) ? csv_number(l.hardware->*Member) : "";
}
template <auto Member>
Field of_block(const Line& l) {
  return serves(l) ? l.block->*Member : "";
}
template <auto Member>
Field block_number(const Line& l) {
  return serves(l) ? csv_number(l.block->*Member) : "";
}
template <auto Member>
Field block_rate(const Line& l) {
  return serves(l) ? csv_number((l.block->*Member).base()) : "";
}
template <auto Span, auto Part>
Field spanned(const Line& l) {
  if (l.supply == nullptr) return "";
  const bool chips =
      static_cast<const void*>(&(l.supply->*Span)) == static_cast<const void*>(&l.supply->chips);
  if (!chips && !l.supply->infeasible.empty()) return "";
  constexpr bool is_value = Part == &std::remove_reference_t<decltype(l.supply->*Span)>::value;
  if (!is_value && l.record.samples == 0) return "";
  return csv_number((l.supply->*Span.*Part).base());
}

Field reason(const Line& l) {
  if (l.variant != nullptr) return l.variant->unknown;
  if (l.supply != nullptr) return l.supply->infeasible;
  if (l.block != nullptr) return l.block->infeasible;
  return about_workload(l) ? l.workload->limit : "";
}

using Chips = Spanned<Count>;
using Rates = Spanned<Frequency>;
constexpr CsvColumn<Line> kColumns[] = {
    {"row", [](const Line& l) { return Field(l.kind); }},
    {"fleet", [](const Line& l) { return l.record.fleet; }},
    {"objective",
     [](const Line& l) {
       return l.variant != nullptr ? l.variant->objective : l.record.objective;
     }},
    {"reason", reason},
    {"hardware", of_hardware<&FleetHardware::name>},
    {"chip",
     [](const Line& l) {
       return l.supply != nullptr ? l.supply->chip : of_hardware<&FleetHardware::chip>(l);
     }},
    {"system",
     [](const Line& l) {
       return l.supply != nullptr ? l.supply->system : of_hardware<&FleetHardware::system>(l);
     }},
    {"stack", of_hardware<&FleetHardware::stack>},
    {"workload", [](const Line& l) { return l.workload != nullptr ? l.workload->name : ""; }},
    {"llm", [](const Line& l) { return l.workload != nullptr ? l.workload->llm : ""; }},
    {"input_tokens",
     [](const Line& l) { return l.workload != nullptr ? csv_number(l.workload->input) : ""; }},
    {"output_tokens",
     [](const Line& l) { return l.workload != nullptr ? csv_number(l.workload->output) : ""; }},
    {"slo_ttft_ms",
     [](const Line& l) { return l.workload != nullptr ? milliseconds(l.workload->slo_ttft) : ""; }},
    {"slo_tpot_ms",
     [](const Line& l) { return l.workload != nullptr ? milliseconds(l.workload->slo_tpot) : ""; }},
    {"priority",
     [](const Line& l) { return l.workload != nullptr ? csv_number(l.workload->priority) : ""; }},
    {"demand_requests_per_s",
     [](const Line& l) {
       return l.workload != nullptr ? csv_number(l.workload->demand.base()) : "";
     }},
    {"served_requests_per_s",
     [](const Line& l) {
       return about_workload(l) && l.share >= 0 ? csv_number(l.workload->served.base()) : "";
     }},
    {"served_share", [](const Line& l) { return l.share >= 0 ? csv_number(l.share) : ""; }},
    {"peak_16_bit_tflop_per_s",
     [](const Line& l) {
       const bool known = about_chips(l) && l.hardware->peak;
       return known ? csv_number(l.hardware->peak->base() / kTera) : "";
     }},
    {"chips", chips_of<&FleetHardware::chips>},
    {"chips_training", chips_of<&FleetHardware::training>},
    {"chips_serving",
     [](const Line& l) {
       if (serves(l)) return csv_number(l.block->blocks * l.block->chips);
       if (l.variant != nullptr)
         return l.variant->unknown.empty() ? csv_number(l.variant->chips) : "";
       if (l.more != nullptr) return csv_number(l.more->chips);
       if (about_workload(l) && l.share >= 0) return csv_number(l.workload->chips);
       return chips_of<&FleetHardware::serving>(l);
     }},
    {"chips_left", chips_of<&FleetHardware::left>},
    {"chips_more",
     [](const Line& l) { return l.more != nullptr ? csv_number(l.record.more) : ""; }},
    {"blocks", block_number<&FleetBlock::blocks>},
    {"block_chips", block_number<&FleetBlock::chips>},
    {"block_engines", block_number<&FleetBlock::engines>},
    {"deployment", of_block<&FleetBlock::parallelism>},
    {"weights_format", of_block<&FleetBlock::weights>},
    {"limit", of_block<&FleetBlock::limit>},
    {"ttft_ms", [](const Line& l) { return serves(l) ? milliseconds(l.block->ttft) : ""; }},
    {"tpot_ms", [](const Line& l) { return serves(l) ? milliseconds(l.block->tpot) : ""; }},
    {"block_output_tokens_per_s", block_rate<&FleetBlock::output>},
    {"block_planned_requests_per_s", block_rate<&FleetBlock::requests>},
    {"output_tokens_per_s_per_chip",
     [](const Line& l) {
       return serves(l) ? csv_number(l.block->output.base() / l.block->chips) : "";
     }},
    {"power_kw",
     [](const Line& l) {
       if (serves(l) && l.block->power) return opt(*l.block->power * l.block->blocks);
       if (l.variant != nullptr) return opt(l.variant->power);
       if (l.more != nullptr) return opt(l.more->power);
       if (l.supply != nullptr) return opt(l.supply->power);
       return about_chips(l) ? opt(l.hardware->power) : "";
     }},
    {"cost_usd_per_h",
     [](const Line& l) {
       if (serves(l) && l.block->cost) return opt(*l.block->cost * l.block->blocks);
       if (l.variant != nullptr) return opt(l.variant->cost);
       if (l.more != nullptr) return opt(l.more->cost);
       return about_chips(l) ? opt(l.hardware->cost) : "";
     }},
    {"supply", [](const Line& l) { return l.supply != nullptr ? l.supply->supply : ""; }},
    {"case", [](const Line& l) { return l.supply != nullptr ? l.supply->which : ""; }},
    {"months",
     [](const Line& l) { return l.supply != nullptr ? csv_number(l.supply->months) : ""; }},
    {"short_of", [](const Line& l) { return l.supply != nullptr ? l.supply->limited_by : ""; }},
    {"chips_per_month", spanned<&SupplyRow::chips, &Chips::value>},
    {"chips_per_month_p10", spanned<&SupplyRow::chips, &Chips::p10>},
    {"chips_per_month_p50", spanned<&SupplyRow::chips, &Chips::p50>},
    {"chips_per_month_p90", spanned<&SupplyRow::chips, &Chips::p90>},
    {"added_output_tokens_per_s_per_month", spanned<&SupplyRow::added, &Rates::value>},
    {"added_output_tokens_per_s_per_month_p10", spanned<&SupplyRow::added, &Rates::p10>},
    {"added_output_tokens_per_s_per_month_p50", spanned<&SupplyRow::added, &Rates::p50>},
    {"added_output_tokens_per_s_per_month_p90", spanned<&SupplyRow::added, &Rates::p90>},
    {"after_output_tokens_per_s", spanned<&SupplyRow::after, &Rates::value>},
    {"after_output_tokens_per_s_p10", spanned<&SupplyRow::after, &Rates::p10>},
    {"after_output_tokens_per_s_p50", spanned<&SupplyRow::after, &Rates::p50>},
    {"after_output_tokens_per_s_p90", spanned<&SupplyRow::after, &Rates::p90>},
};

void put_line(std::string& out, const Line& line) {
  put(out, kColumns, [&](const auto& c) { return c.field(line); });
}

/// A row for each workload, with its share.
template <class Fill>
void put_shares(std::string& out, const FleetRecord& r, const std::vector<double>& shares,
                std::string_view kind, Fill fill) {
  for (std::size_t w = 0; w < shares.size(); ++w) {
    Line l{r, kind};
    l.workload = &r.workloads[w];
    l.share = shares[w];
    fill(l);
    put_line(out, l);
  }
}

}  // namespace

std::string fleet_csv(const FleetRecord& r) {
  auto out = csv_header(fleet_columns());
  for (const auto& h : r.hardware) {
    Line l{r, "hardware"};
    l.hardware = &h;
    put_line(out, l);
  }
  for (const auto& w : r.workloads) {
    Line l{r, "workload"};
    l.workload = &w;
    if (!r.hardware.empty()) l.share = w.share;
    put_line(out, l);
  }
  for (const auto& b : r.blocks) {
    Line l{r, "block"};
    l.hardware = &r.hardware[b.hardware];
    l.workload = &r.workloads[b.workload];
    l.block = &b;
    put_line(out, l);
  }
  for (const auto& v : r.variants) {
    if (!v.unknown.empty()) {
      Line l{r, "variant"};
      l.variant = &v;
      put_line(out, l);
      continue;
    }
    put_shares(out, r, v.shares, "variant", [&](Line& l) { l.variant = &v; });
  }
  for (const auto& m : r.added)
    put_shares(out, r, m.shares, "more", [&](Line& l) {
      l.more = &m;
      l.hardware = &r.hardware[m.hardware];
    });
  for (const auto& s : r.supply) {
    Line l{r, "supply"};
    l.workload = &r.workloads[s.workload];
    l.supply = &s;
    put_line(out, l);
  }
  return out;
}

std::vector<std::string_view> fleet_columns() {
  return column_names(kColumns);
}

}  // namespace perfmodel::report
