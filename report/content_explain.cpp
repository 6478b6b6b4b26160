// The tables of --explain: every operator.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr double kToMega = 1 / kMega, kToGiga = 1 / kGiga;

std::string us(Time t) {
  return number(t.base() * kMicro);
}
std::string mb(Bytes b) {
  return number(b.base() * kToMega);
}
std::string mj(Energy e) {
  return e.base() > 0 ? number(e.base() * kMilli) : std::string(kNoNumber);
}
std::string gflop(Ops o) {
  return number(o.base() * kToGiga);
}

Row times_of(const OperatorRow& op) {
  return {{op.name, whole(op.count), us(op.total), percent(op.share), op.bound, us(op.t_compute),
           us(op.t_vector), us(op.t_memory), us(op.t_link), us(op.t_overhead), mj(op.energy)},
          ""};
}

Row work_of(const OperatorRow& op) {
  return {{op.name, op.compute, gflop(op.matrix), gflop(op.vector), mb(op.weights), mb(op.kv),
           mb(op.activations), mb(op.message_bytes), op.message},
          ""};
}

Grid of_phase(const EstimateRecord& record, std::string_view phase, std::vector<Column> columns,
              Row (*row_of)(const OperatorRow&)) {
  Grid grid{std::move(columns), {}};
  if (!is_feasible(record)) return grid;
  for (const OperatorRow& op : record.operators) {
    if (op.phase == phase) grid.rows.push_back(row_of(op));
  }
  return grid;
}

}  // namespace

std::vector<std::string> phases(const EstimateRecord& record) {
  std::vector<std::string> out;
  if (!is_feasible(record)) return out;
  for (const OperatorRow& op : record.operators) {
    if (std::find(out.begin(), out.end(), op.phase) == out.end()) out.push_back(op.phase);
  }
  return out;
}

std::string phase_title(const EstimateRecord& record, std::string_view phase) {
  Time total;
  if (phase == "prefill") total = record.expected.prefill;
  if (phase == "decode") total = record.expected.decode_step;
  const std::string took =
      total > Time{} ? fmt::format(", {} after overlap", time_text(total)) : std::string();
  return fmt::format("{} pass{}; all instances of an operator, per device", phase, took);
}

Grid operator_times(const EstimateRecord& record, std::string_view phase) {
  return of_phase(record, phase,
                  {{"time in us", Align::left},
                   {"count"},
                   {"total"},
                   {"share"},
                   {"bound", Align::left},
                   {"compute"},
                   {"vector"},
                   {"memory"},
                   {"link"},
                   {"overhead"},
                   {"mJ"}},
                  times_of);
}

Grid operator_work(const EstimateRecord& record, std::string_view phase) {
  return of_phase(record, phase,
                  {{"work in GFLOP and MB", Align::left},
                   {"compute", Align::left},
                   {"matrix"},
                   {"vector"},
                   {"weights"},
                   {"KV"},
                   {"activations"},
                   {"message"},
                   {"kind", Align::left}},
                  work_of);
}

Grid operator_formulas(const EstimateRecord& record) {
  Grid grid{{{"operator", Align::left}, {"kind", Align::left}, {"counted as", Align::left}}, {}};
  if (!is_feasible(record)) return grid;
  for (const OperatorRow& op : record.operators) {
    const std::vector<std::string> cells = {op.name, op.kind, op.formula};
    const bool known = std::any_of(grid.rows.begin(), grid.rows.end(),
                                   [&](const Row& row) { return row.cells == cells; });
    if (!known && !op.formula.empty()) grid.rows.push_back({cells, ""});
  }
  return grid;
}

}  // namespace perfmodel::report
