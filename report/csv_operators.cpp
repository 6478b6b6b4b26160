// One row per operator.
#include <type_traits>

#include "report/content.hpp"
#include "report/csv_table.hpp"

namespace perfmodel::report {
namespace {

using R = EstimateRecord;
using O = OperatorRow;
using Field = std::string;

struct OperatorColumn {
  std::string_view name;
  Field (*record)(const R&);  // for columns that all operators share, else null
  Field (*op)(const OperatorRow&);
};

template <auto Member>
Field op(const O& o) {
  using T = std::remove_cvref_t<decltype(o.*Member)>;
  if constexpr (std::is_same_v<T, std::string>) {
    return o.*Member;
  } else if constexpr (std::is_same_v<T, Time>) {
    return csv_number((o.*Member).base() * kMicro);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return csv_number((o.*Member).base() / kMega);
  } else if constexpr (std::is_same_v<T, Energy>) {
    return (o.*Member).base() > 0 ? csv_number((o.*Member).base() * kMilli) : "";
  } else if constexpr (std::is_same_v<T, Ops>) {
    return csv_number((o.*Member).base() / kGiga);
  } else {
    return csv_number(o.*Member);
  }
}

constexpr OperatorColumn kOperator[] = {
    {"verdict", [](const R& r) { return Field(is_feasible(r) ? "feasible" : "infeasible"); },
     nullptr},
    {"reason", [](const R& r) { return r.infeasible; }, nullptr},
    {"chip", [](const R& r) { return r.chip; }, nullptr},
    {"system", [](const R& r) { return r.system; }, nullptr},
    {"llm", [](const R& r) { return r.llm; }, nullptr},
    {"deployment", [](const R& r) { return r.parallelism; }, nullptr},
    {"stack", [](const R& r) { return is_feasible(r) ? r.expected.stack : Field(); }, nullptr},
    {"phase", nullptr, op<&O::phase>},
    {"operator", nullptr, op<&O::name>},
    {"kind", nullptr, op<&O::kind>},
    {"formula", nullptr, op<&O::formula>},
    {"count", nullptr, op<&O::count>},
    {"compute", nullptr, op<&O::compute>},
    {"matrix_gflop", nullptr, op<&O::matrix>},
    {"vector_gflop", nullptr, op<&O::vector>},
    {"weights_mb", nullptr, op<&O::weights>},
    {"kv_mb", nullptr, op<&O::kv>},
    {"activations_mb", nullptr, op<&O::activations>},
    {"message", nullptr, op<&O::message>},
    {"message_mb", nullptr, op<&O::message_bytes>},
    {"compute_us", nullptr, op<&O::t_compute>},
    {"vector_us", nullptr, op<&O::t_vector>},
    {"memory_us", nullptr, op<&O::t_memory>},
    {"link_us", nullptr, op<&O::t_link>},
    {"overhead_us", nullptr, op<&O::t_overhead>},
    {"total_us", nullptr, op<&O::total>},
    {"share_of_pass", nullptr, op<&O::share>},
    {"bound", nullptr, op<&O::bound>},
    {"energy_mj", nullptr, op<&O::energy>},
};

}  // namespace

std::vector<std::string_view> operator_columns() {
  return column_names(kOperator);
}

std::string operators_csv(const EstimateRecord& record) {
  auto out = csv_header(operator_columns());
  const auto put_operator = [&](const OperatorRow* o) {
    put(out, kOperator, [&](const OperatorColumn& c) {
      if (c.record != nullptr) return c.record(record);
      return o != nullptr ? c.op(*o) : Field();
    });
  };
  // An infeasible answer has no operators, but its row stays.
  if (!is_feasible(record)) put_operator(nullptr);
  if (is_feasible(record)) {
    for (const OperatorRow& o : record.operators) put_operator(&o);
  }
  return out;
}

}  // namespace perfmodel::report
