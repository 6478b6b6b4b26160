#include "cli/bench_table.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cli/columns.hpp"
#include "cli/measurements.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Result;

constexpr std::string_view kColumns =
    "kernel,shape,m,n,k,groups,weights,activations,scales,tier,threads,rounds,time_us,time_q1_us,"
    "time_q3_us,gflop,megabytes,gflop_per_s,gb_per_s,roof_read_gb_per_s,roof_copy_gb_per_s,"
    "roof_gflop_per_s,of_read_percent,of_copy_percent,of_flop_percent,of_roof_percent,error,"
    "max_error,clock_ghz,canary_us,canary_spread_percent,cpu,l1d_kib,l2_kib,l3_mib,compiler";

/// Four digits: more than the machine repeats.
std::string number(double v) {
  return fmt::format("{:.4g}", v);
}

double spread_of(const kernels::Quartiles& q) {
  return q.low > 0 ? q.high / q.low - 1.0 : 0.0;
}

/// "0.044 > 0.04!" where it should not be that large.
std::string error_text(const Result& r) {
  if (!r.error) return "-";
  const auto text = fmt::format("{:.2g}", *r.error);
  if (!exceeds_bound(r)) return text;
  return fmt::format("{} > {:.2g}!", text, r.what.kernel->max_error_of(*r.what.choice.tier));
}

std::vector<std::string> fields_of(const Result& r, const ThisMachine& machine) {
  const auto& d = *r.what.kernel;
  const auto& s = r.what.shape;
  const double flops = r.cost.flops.base(), bytes = r.cost.memory.base(), t = r.seconds.median;
  return {d.name,
          to_string(s),
          fmt::format("{}", s.m),
          fmt::format("{}", s.n),
          fmt::format("{}", s.k),
          fmt::format("{}", s.groups),
          d.weights,
          d.activations,
          d.scales,
          std::string(kernels::name_of(*r.what.choice.tier)),
          fmt::format("{}", r.what.threads),
          fmt::format("{}", r.rounds),
          number(t * report::kMicro),
          number(r.seconds.low * report::kMicro),
          number(r.seconds.high * report::kMicro),
          number(flops * 1e-9),
          number(bytes * 1e-6),
          number(flops / t * 1e-9),
          number(bytes / t * 1e-9),
          number(r.roof.read * 1e-9),
          number(r.roof.copy * 1e-9),
          number(r.roof.flops * 1e-9),
          number(r.of_read * 100),
          number(r.of_copy * 100),
          number(r.of_flops * 100),
          number(r.of_roof * 100),
          r.error ? number(*r.error) : "",
          number(d.max_error_of(*r.what.choice.tier)),
          number(r.clock * 1e-9),
          number(r.canary.median * report::kMicro),
          number(spread_of(r.canary) * 100),
          machine.cpu,
          number(machine.l1d.base() / 0x1p10),
          number(machine.l2.base() / 0x1p10),
          number(machine.l3.base() / 0x1p20),
          machine.compiler};
}

/// Fields of a record by the name of their column.
class Fields {
 public:
  Fields(const calibrate::Table& table, const calibrate::Table::Row& row, const std::string& file,
         spec::Diagnostics& diagnostics)
      : table_(table), row_(row), file_(file), diagnostics_(diagnostics) {}

  const std::string& text(std::string_view column) const {
    static const std::string none;
    const auto at = std::find(table_.header.begin(), table_.header.end(), column);
    return at == table_.header.end()
               ? none
               : row_.fields[static_cast<std::size_t>(at - table_.header.begin())];
  }
  double positive(std::string_view column) const {
    const auto scan = scan_entire(text(column));
    if (scan.status == NumberScan::Status::ok && scan.value > 0) return scan.value;
    problem(column, fmt::format("{} is not a positive number", perfmodel::quoted(text(column))));
    return 1.0;
  }
  void problem(std::string_view column, std::string message, std::string hint = "") const {
    diagnostics_.add(
        {file_, {row_.line, 0}, std::string(column), std::move(message), std::move(hint)});
  }

 private:
  const calibrate::Table& table_;
  const calibrate::Table::Row& row_;
  const std::string& file_;
  spec::Diagnostics& diagnostics_;
};

std::string nearest_kernel(const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& d : kernels::descriptors()) names.push_back(d.name);
  return spec::nearest_hint(word, names, "see: perfmodel list kernels");
}

}  // namespace

bool exceeds_bound(const Result& r) {
  return r.error && !(*r.error <= r.what.kernel->max_error_of(*r.what.choice.tier));
}

std::string bench_table(const std::vector<Result>& results) {
  std::vector<std::vector<std::string>> rows = {{"kernel", "shape", "tier", "threads", "time",
                                                 "quartiles", "GB/s", "GFLOP/s", "of read",
                                                 "of roof", "error", "noise"}};
  const auto percent = [](double v) { return fmt::format("{:.0f} %", v * 100); };
  for (const auto& r : results) {
    const double t = r.seconds.median, bytes = r.cost.memory.base(), flops = r.cost.flops.base();
    const auto time = [](double seconds) { return format(Time::from_base(seconds), 3); };
    const auto where = [](bool there, const std::string& text) { return there ? text : "-"; };
    rows.push_back(
        {r.what.kernel->name, to_string(r.what.shape),
         std::string(kernels::name_of(*r.what.choice.tier)), fmt::format("{}", r.what.threads),
         time(t), time(r.seconds.low) + " .. " + time(r.seconds.high),
         where(bytes > 0, fmt::format("{:.3g}", bytes / t * 1e-9)),
         where(flops > 0, fmt::format("{:.3g}", flops / t * 1e-9)),
         where(bytes > 0, percent(r.of_read)), where(bytes > 0 || flops > 0, percent(r.of_roof)),
         error_text(r), percent(spread_of(r.canary))});
  }
  auto s = in_columns(rows, report::Align::right);
  s += "\nof read: bytes over time, of what four streams from memory gave right before; of roof: "
       "the longer of\nbytes at that rate and operations at the tier's multiply-adds, over the "
       "time; noise: quartiles of one\nsmall kernel between the calls; error: against float64 "
       "('list kernels --format csv' says in what measure)\n";
  if (std::any_of(results.begin(), results.end(),
                  [](const Result& r) { return r.what.kernel->family == "sync"; }))
    s += "sync: the time is that of all m of a shape\n";
  return s;
}

std::string bench_csv(const std::vector<Result>& results, const ThisMachine& machine) {
  std::string s = std::string(kColumns) + "\r\n";
  for (const auto& r : results) s += report::csv_record(fields_of(r, machine));
  return s;
}

std::vector<BenchRow> read_bench_table(const calibrate::Table& table, const std::string& file,
                                       spec::Diagnostics& diagnostics) {
  std::vector<BenchRow> rows;
  for (const auto* column : {"kernel", "shape", "tier", "threads", "time_us", "time_q1_us",
                             "time_q3_us", "of_roof_percent"}) {
    if (std::find(table.header.begin(), table.header.end(), column) == table.header.end())
      diagnostics.add({file,
                       {table.header_line, 0},
                       column,
                       "no such column: not a file of `perfmodel bench`",
                       ""});
  }
  if (!diagnostics.empty()) return rows;
  for (const auto& row : table.rows) {
    const Fields f(table, row, file, diagnostics);
    BenchRow b;
    b.file = file;
    b.line = row.line;
    b.kernel = kernels::descriptor_named(f.text("kernel"));
    if (b.kernel == nullptr)
      f.problem("kernel", fmt::format("unknown kernel {}", perfmodel::quoted(f.text("kernel"))),
                nearest_kernel(f.text("kernel")));
    const auto shape = kernels::parse_shape(f.text("shape"), 0);
    if (!shape)
      f.problem("shape", fmt::format("{} is not a shape", perfmodel::quoted(f.text("shape"))));
    const auto tier = kernels::tier_named(f.text("tier"));
    if (!tier) f.problem("tier", fmt::format("unknown tier {}", perfmodel::quoted(f.text("tier"))));
    b.shape = shape.value_or(kernels::Shape{});
    b.tier = tier.value_or(kernels::Tier::scalar);
    b.threads = static_cast<int>(std::min(f.positive("threads"), 1e6));
    b.time = Time::from_base(f.positive("time_us") * 1e-6);
    b.low = Time::from_base(f.positive("time_q1_us") * 1e-6);
    b.high = Time::from_base(f.positive("time_q3_us") * 1e-6);
    b.of_roof = scan_entire(f.text("of_roof_percent")).value / 100;
    b.canary_spread = scan_entire(f.text("canary_spread_percent")).value / 100;
    b.cpu = f.text("cpu");
    if (b.kernel != nullptr) rows.push_back(b);
  }
  return rows;
}

std::vector<BenchRow> read_bench_rows(const std::vector<std::string>& files) {
  return load_rows(files, read_bench_table);
}

}  // namespace perfmodel::cli
