#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/fleet_load.hpp"
#include "cli/kernel_list.hpp"
#include "cli/output.hpp"
#include "cli/report_load.hpp"
#include "cli/sweep_load.hpp"
#include "llm/counts.hpp"
#include "report/format.hpp"
#include "report/numbers.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using Row = std::vector<std::string>;

template <class Q>
std::string show(const hw::Figure<Q>& f) {
  return f ? format(f->value) : "-";
}

std::string best_peak(const hw::Chip& c) {
  for (auto type :
       {spec::Compute::bf16, spec::Compute::fp16, spec::Compute::fp8, spec::Compute::fp4})
    if (c.peak(type)) return format(c.peak(type)->value) + " " + std::string(name_of(type));
  return "-";
}

Row chip_row(const Catalog& catalog, const std::string& id) {
  const auto c = catalog.chip(id);
  return {c.id,
          c.name,
          std::string(hw::name_of(c.status)),
          best_peak(c),
          show(c.memory_capacity),
          show(c.memory_bandwidth),
          show(c.link_scale_up)};
}
Row family_row(const Catalog& catalog, const std::string& id) {
  const auto f = catalog.family(id);
  return {f.id, f.name, fmt::format("{} x {}", f.tile_m, f.tile_n)};
}
Row memory_row(const Catalog& catalog, const std::string& id) {
  const auto m = catalog.memory(id);
  return {m.id, m.name, std::string(hw::name_of(m.status)), format(m.stack_capacity.value),
          format(m.stack_bandwidth.value)};
}
Row system_row(const Catalog& catalog, const std::string& id) {
  const auto s = catalog.system(id);
  return {s.id,
          s.name,
          std::string(hw::name_of(s.status)),
          std::to_string(s.chip_count()),
          s.chip,
          show(s.tiers.back().bandwidth),
          show(s.power)};
}
Row llm_row(const Catalog& catalog, const std::string& id) {
  const auto m = catalog.llm(id);
  const auto n = llm::count_parameters(m);
  return {m.id,
          m.name,
          format(Count::from_base(n.total), 3),
          format(Count::from_base(n.active), 3),
          std::to_string(m.layers()),
          llm::attention_name(m),
          std::string(name_of(m.native.experts)),
          std::to_string(m.max_context)};
}
Row stack_row(const Catalog& catalog, const std::string& id) {
  const auto s = catalog.stack(id);
  return {s.id, s.date, s.about};
}
Row workload_row(const Catalog& catalog, const std::string& id) {
  const auto w = catalog.workload(id);
  return {w.id,
          fmt::format("{}", w.input),
          fmt::format("{}", w.output),
          w.slo.ttft ? format(*w.slo.ttft) : "-",
          w.slo.tpot ? format(*w.slo.tpot) : "-",
          w.about};
}

Row sweep_row(const Catalog& catalog, const std::string& id) {
  const auto s = load_sweep(catalog, id);
  return {s.sweep.id, report::whole(static_cast<double>(s.space.points())),
          report::whole(static_cast<double>(s.space.plans())), s.sweep.about};
}

Row fleet_row(const Catalog& catalog, const std::string& id) {
  const auto loaded = load_fleet(catalog, id);
  long chips = 0;
  for (const auto& site : loaded.hardware) chips += site.chips;
  return {id, report::whole(static_cast<double>(chips)),
          fmt::to_string(loaded.fleet.workloads.size()), fmt::to_string(loaded.fleet.supply.size()),
          loaded.fleet.about};
}
Row power_row(const Catalog& catalog, const std::string& id) {
  const auto c = catalog.power(id);
  return {c.id, c.name, format(c.chip.idle.value), format(c.around.pue.value)};
}
Row prices_row(const Catalog& catalog, const std::string& id) {
  const auto p = catalog.prices(id);
  return {p.id, p.name, format(p.lifetime.value), format(p.electricity.value)};
}
Row report_row(const Catalog& catalog, const std::string& id) {
  const auto r = load_report(catalog, id, {});
  return {r.id, std::to_string(r.sections.size()), r.name};
}

struct Listing {
  std::string_view kind;
  Row header;
  Row (*row)(const Catalog&, const std::string&);
};
const std::vector<Listing>& listings() {
  static const std::vector<Listing> all = {
      {"chip", {"id", "name", "status", "peak", "memory", "bandwidth", "link"}, chip_row},
      {"family", {"id", "name", "tile"}, family_row},
      {"memory", {"id", "name", "status", "capacity/stack", "bandwidth/stack"}, memory_row},
      {"system", {"id", "name", "status", "chips", "of", "link/chip", "power"}, system_row},
      {"llm",
       {"id", "name", "total", "active (with tables)", "layers", "attention", "weights", "context"},
       llm_row},
      {"stack", {"id", "date", "about"}, stack_row},
      {"workload", {"id", "input", "output", "TTFT", "TPOT", "about"}, workload_row},
      {"sweep", {"id", "points", "deployments", "about"}, sweep_row},
      {"power", {"id", "name", "idle", "PUE"}, power_row},
      {"prices", {"id", "name", "lifetime", "electricity"}, prices_row},
      {"fleet", {"id", "chips", "workloads", "supplies", "about"}, fleet_row},
      {"report", {"id", "sections", "about"}, report_row},
  };
  return all;
}

std::string csv(const std::vector<Row>& rows) {
  std::string s;
  for (const auto& r : rows) s += report::csv_record(r);
  return s;
}

/// Kernels are code, not files: they are known without configs.
constexpr std::string_view kKernels = "kernels";

int run(const std::string& what, const std::string& format, const Chosen& chosen) {
  const bool as_csv = format == "csv";
  if (what == kKernels || what == "kernel") {
    emit("", as_csv ? csv(kernel_rows()) : kernel_table());
    return kExitDone;
  }
  const auto* kind = find_kind(what);
  if (kind == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& k : kKinds) names.push_back(k.folder);
    names.push_back(kReportKind.folder);
    names.push_back(kKernels);
    throw UsageError(fmt::format(
        "cannot list '{}' ({})", what,
        spec::nearest_hint(what, names, fmt::format("one of: {}", fmt::join(names, ", ")))));
  }
  const Catalog catalog(Catalog::locate(chosen.configs));
  for (const auto& l : listings()) {
    if (l.kind != kind->name) continue;
    std::vector<Row> rows = {l.header};
    for (const auto& id : catalog.ids(*kind)) rows.push_back(l.row(catalog, id));
    emit("", as_csv ? csv(rows) : in_columns(rows, report::Align::left));
  }
  return kExitDone;
}

}  // namespace

void add_list(CLI::App& app, Chosen& chosen) {
  auto what = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("table");
  auto* c = app.add_subcommand("list",
                               "what is known: chips, memories, systems, llms, stacks, workloads, "
                               "sweeps, reports, families, "
                               "power, prices, fleets, host kernels");
  c->add_option("what", *what,
                "chips, memories, systems, llms, stacks, workloads, sweeps, reports, families, "
                "power, prices, fleets "
                "or kernels")
      ->required();
  c->add_option("--format", *format, "table or csv")
      ->check(CLI::IsMember({"table", "csv"}))
      ->capture_default_str();
  c->callback(
      [=, &chosen] { chosen.action = [=, &chosen] { return run(*what, *format, chosen); }; });
}

}  // namespace perfmodel::cli
