#include "hall.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace perfmodel::property {
namespace {

spec::Storage storage_of(std::string_view name) {
  for (const auto& [known, value] : spec::storage_options())
    if (known == name) return value;
  throw std::invalid_argument("no such storage format");
}

Hall load() {
  Hall h{cli::Catalog(cli::Catalog::locate("")), {}, {}, {}, {}, {}};
  for (const auto& id : h.catalog.ids(cli::kKinds[0]))
    h.setups.push_back(cli::load_comparison(h.catalog, id, "", true));
  for (const auto& id : h.catalog.ids(cli::kKinds[4])) h.llms.push_back(h.catalog.llm(id));
  for (const auto& id : h.catalog.ids(cli::kKinds[6]))
    h.workloads.push_back(h.catalog.workload(id));
  h.typical = h.catalog.stack("typical");
  h.ceiling = h.catalog.stack("ceiling");
  return h;
}

constexpr std::size_t kMostFailures = 8;

}  // namespace

const Hall& hall() {
  static const Hall h = load();
  return h;
}

std::string Subject::text() const {
  return fmt::format("{} with {} weights {} {}", setup->chip.id, llm->id,
                     weights.empty() ? "native" : weights, mapping::to_string(parallelism));
}

std::string Tally::text() const {
  auto s = fmt::format("{} seen", seen);
  for (const auto& [reason, n] : skipped) s += fmt::format("; {} skipped: {}", n, reason);
  return s;
}

std::vector<mapping::Parallelism> usual_degrees() {
  return {{.tp = 1, .ep = 0},
          {.tp = 8, .ep = 0},
          {.tp = 1, .dp = 8, .ep = 0},
          {.tp = 2, .dp = 16, .ep = 0},
          {.tp = 4, .pp = 2, .ep = 0}};
}

Tally for_each_subject(const Scope& scope, const std::function<void(const Subject&)>& check) {
  const auto& h = hall();
  const auto degrees = scope.degrees.empty() ? usual_degrees() : scope.degrees;
  const std::size_t stride = kStride * scope.every;
  Tally tally;
  std::size_t number = 0;
  for (const auto& setup : h.setups) {
    Subject s;
    s.setup = &setup;
    s.typical = setup.machine(h.typical);
    s.ceiling = setup.machine(h.ceiling);
    for (const auto& llm : h.llms) {
      s.llm = &llm;
      for (auto weights : scope.weights) {
        s.weights = weights;
        auto request = scope.precision;
        if (!weights.empty()) request.weights = storage_of(weights);
        for (const auto& degree : degrees) {
          if (number++ % stride != 0) continue;
          s.parallelism = degree;
          if (degree.ep == 0) s.parallelism.ep = llm.is_moe() ? degree.stage_devices() : 1;
          if (s.parallelism.devices() > setup.devices()) {
            ++tally.skipped["more devices than the system has"];
            continue;
          }
          if (mapping::check(s.parallelism, llm)) {
            ++tally.skipped["the mapping does not fit the model"];
            continue;
          }
          auto precision = mapping::resolve(request, llm, setup.chip);
          if (!precision) {
            ++tally.skipped[precision.error().reason];
            continue;
          }
          s.precision = *precision;
          auto plan = phase::compile(llm, s.parallelism, s.precision, s.typical, 0);
          if (!plan) {
            ++tally.skipped[plan.error().reason];
            continue;
          }
          s.plan = std::move(*plan);
          ++tally.seen;
          check(s);
          if (enough_failures()) return tally;
        }
      }
    }
  }
  return tally;
}

serving::Workload usual_workload(const llm::LlmSpec& llm) {
  serving::Workload w;
  w.id = "usual";
  w.input = std::min(4096.0, 0.75 * llm.max_context);
  w.output = std::min(1024.0, 0.25 * llm.max_context);
  return w;
}

serving::Steady steady_of(const phase::Plan& plan, const cost::Machine& machine,
                          const serving::Workload& workload, double batch) {
  return serving::steady_state(plan, machine, workload,
                               serving::prefill_cost(plan, machine, workload), 0.0, batch);
}

bool enough_failures() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto* result = info->result();
  std::size_t failed = 0;
  for (int i = 0; i < result->total_part_count(); ++i)
    failed += result->GetTestPartResult(i).failed() ? 1 : 0;
  return failed >= kMostFailures;
}

}  // namespace perfmodel::property
