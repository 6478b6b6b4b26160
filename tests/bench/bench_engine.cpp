// Speed of the engine on one core: serving points, compiling, the search for a deployment.
//
//   bench_engine --benchmark_filter=points
//
// The counter items_per_second is points, plans or searches a second. A point is a batch with its
// lengths, and gives TTFT, TPOT, output rate and the memory verdict. Lengths differ from point to
// point where the name says `lengths`, else only the batch does.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/catalog.hpp"
#include "cli/setup.hpp"
#include "phase/plan.hpp"
#include "search/deployment.hpp"
#include "serving/engine.hpp"
#include "serving/points.hpp"

namespace perfmodel {
namespace {

struct Case {
  std::string_view name;
  std::string_view system;
  std::string_view llm;
  mapping::Parallelism parallelism;
  int draft_tokens = 0;
};
constexpr Case kCases[] = {
    {"llama_70b/hgx_h200", "hgx-h200", "llama-3.1-70b", {.tp = 8}},
    {"deepseek_r1/cloudmatrix384", "cloudmatrix384", "deepseek-r1", {.tp = 1, .dp = 32, .ep = 32}},
    {"deepseek_r1_mtp/gb200_nvl72", "gb200-nvl72", "deepseek-r1", {.tp = 1, .dp = 32, .ep = 32}, 1},
};

const cli::Catalog& catalog() {
  static const cli::Catalog c(cli::Catalog::locate(""));
  return c;
}

/// What a question comes to once its files are read.
struct Loaded {
  cli::Setup setup;
  llm::LlmSpec llm;
  cost::Machine machine;
  mapping::Precision precision;

  explicit Loaded(const Case& c)
      : setup(cli::load_comparison(catalog(), "", std::string(c.system), true)),
        llm(catalog().llm(c.llm)),
        machine(setup.machine(catalog().stack("typical"))),
        precision(*mapping::resolve({}, llm, setup.chip)) {}

  phase::Plan plan(const Case& c) const {
    return *phase::compile(llm, c.parallelism, precision, machine, c.draft_tokens);
  }
};

/// The reference: one point after the other, operator by operator.
void reference(benchmark::State& state, const Case& c) {
  const Loaded l(c);
  const auto plan = l.plan(c);
  double n = 0;
  for (auto _ : state) {
    const serving::Lengths w{1024 + n, 512 + n};
    const double batch = 1 + n;
    n = n < 255 ? n + 1 : 0;
    const auto prefill = serving::prefill_cost(plan, l.machine, w);
    auto s = serving::steady_state(plan, l.machine, w, prefill, 0.7 * c.draft_tokens, batch);
    auto m = serving::memory_plan(plan, l.machine, w, batch);
    benchmark::DoNotOptimize(s);
    benchmark::DoNotOptimize(m);
  }
  state.SetItemsProcessed(state.iterations());
}

/// Points side by side: either both the batch and the lengths change from one to the next, or only
/// the batch does, as in the inner loop of a sweep.
void points_block(benchmark::State& state, const Case& c, bool lengths, std::size_t size) {
  const Loaded l(c);
  const serving::Points points(l.plan(c), l.machine, 0.7 * c.draft_tokens);
  std::vector<serving::Point> asked(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto n = static_cast<double>(i % 256);
    asked[i].batch = 1 + n;
    asked[i].lengths = lengths ? serving::Lengths{1024 + n, 512 + n} : serving::Lengths{1024, 512};
  }
  std::vector<serving::PointResult> answers(size);
  for (auto _ : state) {
    points.evaluate(asked, answers);
    benchmark::DoNotOptimize(answers.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(size));
}
void points_lengths(benchmark::State& state, const Case& c) {
  points_block(state, c, true, 4096);
}
void points_batches(benchmark::State& state, const Case& c) {
  points_block(state, c, false, 4096);
}
void points_single(benchmark::State& state, const Case& c) {
  points_block(state, c, true, 1);
}

void compile_table(benchmark::State& state, const Case& c) {
  const Loaded l(c);
  const auto plan = l.plan(c);
  for (auto _ : state) {
    const phase::Compiled compiled(plan, l.machine);
    benchmark::DoNotOptimize(&compiled);
  }
  state.SetItemsProcessed(state.iterations());
}

void compile_plan(benchmark::State& state, const Case& c) {
  const Loaded l(c);
  for (auto _ : state) {
    auto plan = phase::compile(l.llm, c.parallelism, l.precision, l.machine, c.draft_tokens);
    benchmark::DoNotOptimize(plan);
  }
  state.SetItemsProcessed(state.iterations());
}

void search_system(benchmark::State& state, const Case& c) {
  const Loaded l(c);
  serving::Workload w;
  w.input = 4096;
  w.output = 1024;
  search::Request request;
  request.speculation = {c.draft_tokens, 0.7 * c.draft_tokens};
  request.slo.ttft = Time::from_base(2.0);
  request.slo.tpot = Time::from_base(0.05);
  const search::Problem problem{l.llm, l.machine, l.precision, w, l.setup.devices()};
  for (auto _ : state) {
    auto found = search::find_deployment(problem, request);
    benchmark::DoNotOptimize(found);
  }
  state.SetItemsProcessed(state.iterations());
}

void register_all() {
  for (const auto& c : kCases) {
    const auto add = [&c](std::string_view what, auto run) {
      benchmark::RegisterBenchmark((std::string(what) + "/" + std::string(c.name)).c_str(),
                                   [&c, run](benchmark::State& s) { run(s, c); });
    };
    add("points_lengths", points_lengths);
    add("points_batches", points_batches);
    add("points_single", points_single);
    add("points_reference", reference);
    add("compile_table", compile_table);
    add("compile_plan", compile_plan);
    add("search", search_system);
  }
}

}  // namespace
}  // namespace perfmodel

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  perfmodel::register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
