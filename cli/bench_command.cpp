// `perfmodel bench`: the host kernels, measured beside the machine's roofs.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/bench_against.hpp"
#include "cli/bench_prediction.hpp"
#include "cli/bench_selection.hpp"
#include "cli/bench_table.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/step_prediction.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Result;

struct Words {
  BenchWords which;
  bool list = false;
  bool predict = false;
  bool steps = false;
  std::vector<std::string> data;
  std::string against;
  int repetitions = 0;
  std::string format = "table";
  std::string out;
};

/// Results are taken from the session; what is left for a reporter is a sign of life for somebody
/// who waits.
class Progress : public benchmark::BenchmarkReporter {
 public:
  explicit Progress(std::size_t all) : all_(all), shown_(::isatty(STDERR_FILENO) == 1) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    done_ += runs.size();
    if (shown_) std::fprintf(stderr, "\r%zu of %zu%s", done_, all_, done_ == all_ ? "\n" : "");
  }

 private:
  std::size_t all_, done_ = 0;
  bool shown_;
};

std::vector<Result> measure(const std::vector<kernels::Planned>& plan, int rounds) {
  std::vector<Result> results;
  kernels::Session session;
  benchmark::ClearRegisteredBenchmarks();
  kernels::register_benchmarks(plan, rounds, session, &results);
  Progress progress(plan.size());
  benchmark::RunSpecifiedBenchmarks(&progress, ".");
  for (const auto& r : results)
    if (!r.problem.empty())
      throw UsageError(fmt::format("--shape: {} on {}: {}", r.what.kernel->name,
                                   to_string(r.what.shape), r.problem));
  return results;
}

int run(const Words& w, const Chosen& chosen) {
  if (w.predict) {
    check_writable(w.out);
    const auto predicted = w.steps ? step_prediction : bench_prediction;
    emit(w.out, predicted(w.data, w.format == "csv", chosen));
    return kExitDone;
  }
  if (!w.against.empty()) {
    check_writable(w.out);
    emit(w.out, bench_against(w.against, w.which, w.repetitions, w.format == "csv"));
    return kExitDone;
  }
  const auto plan = select_benchmarks(w.which);
  if (w.list) {
    std::string s;
    for (const auto& p : plan) s += p.name() + "\n";
    emit("", s);
    return kExitDone;
  }
  check_writable(w.out);
  const auto results = measure(plan, w.repetitions);
  // A file is for programs, a terminal for people, unless the user says otherwise.
  emit(w.out, w.format == "csv" ? bench_csv(results, this_machine()) : bench_table(results));
  int status = kExitDone;
  for (const auto& r : results) {
    if (!exceeds_bound(r)) continue;
    status = kExitNo;
    std::fprintf(stderr, "perfmodel: %s on %s: the error %.4g exceeds the stated %.4g\n",
                 r.what.kernel->name.c_str(), to_string(r.what.shape).c_str(), *r.error,
                 r.what.kernel->max_error_of(*r.what.choice.tier));
  }
  return status;
}

}  // namespace

void add_bench(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand("bench", "measure the host kernels on this machine");
  auto* filter = c->add_option("--filter", w->which.filter,
                               "regular expression on the names that --list prints");
  auto* list = c->add_flag("--list", w->list, "names of what would run, and no more");
  auto* tier = c->add_option("--tier", w->which.tier,
                             "instructions to use; default: the best for each kernel");
  auto* threads =
      c->add_option("--threads", w->which.threads, "threads; default: one, and all that there are");
  auto* shapes =
      c->add_option("--shape", w->which.shapes, "like m8n4096k4096, in place of each kernel's own")
          ->take_all();
  auto* rounds =
      c->add_option("--repetitions", w->repetitions, "timed calls of each; default: by its size")
          ->check(CLI::Range(1, 100000));
  auto* predict =
      c->add_flag("--predict", w->predict,
                  "measure nothing: measured files beside what the models say of them; a "
                  "table sums up by class, csv has every row")
          ->excludes(list, filter, tier, threads, shapes, rounds);
  c->add_flag("--steps", w->steps,
              "with --predict: whole steps of the transformers, as the sum of their kernels")
      ->needs(predict);
  c->add_option("--against", w->against,
                "libraries, separated by commas: our products and theirs in turn, on the same data")
      ->excludes(predict, list);
  c->add_option("--data", w->data, "with --predict: files of perfmodel bench; default results/host")
      ->needs(predict);
  auto* format = c->add_option("--format", w->format, "table or csv; a file is csv by default")
                     ->check(CLI::IsMember({"table", "csv"}));
  c->add_option("-o,--out", w->out, "file to write, such as results/host/NAME.csv");
  c->callback([=, &chosen] {
    if (!w->out.empty() && format->count() == 0) w->format = "csv";
    chosen.action = [=, &chosen] { return run(*w, chosen); };
  });
}

}  // namespace perfmodel::cli
