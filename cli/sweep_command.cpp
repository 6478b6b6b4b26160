#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/manifest.hpp"
#include "cli/published_index.hpp"
#include "cli/sweep_run.hpp"
#include "cli/version.hpp"

namespace perfmodel::cli {
namespace {

constexpr unsigned kMaxThreads = 1024;

struct SweepArguments {
  std::string file;
  std::string pareto;
  std::optional<long> samples, seed;  // the file's, if not given
  unsigned threads = 0;               // 0: all
  bool resume = false;
  std::string out;
};

LoadedSweep load(const Catalog& catalog, const SweepArguments& w) {
  auto loaded = load_sweep(catalog, w.file);
  auto& s = loaded.sweep;
  std::vector<std::string> problems;
  if (!w.pareto.empty()) {
    std::string problem;
    auto pareto = sweep::parse_pareto(w.pareto, problem);
    if (!pareto) problems.push_back("--pareto: " + problem);
    // The file's groups stand: the option is about what is compared within them.
    if (pareto && s.pareto) pareto->by = s.pareto->by;
    s.pareto = pareto;
  }
  if (w.samples && !sweep::are_samples(*w.samples))
    problems.push_back(
        fmt::format("--samples: {} is neither 0 (no intervals) nor between {} and {}", *w.samples,
                    sweep::kFewestSamples, sweep::kMostSamples));
  if (w.seed && *w.seed < 0) problems.emplace_back("--seed: must not be negative");
  if (!problems.empty()) throw UsageError(fmt::format("{}", fmt::join(problems, "\nperfmodel: ")));
  if (w.samples) s.samples = static_cast<std::size_t>(*w.samples);
  if (w.seed) s.seed = static_cast<std::uint64_t>(*w.seed);
  if (s.samples > 0) loaded.runs = load_index(catalog).runs;
  return loaded;
}

SweepIdentity identify(const Catalog& catalog, const LoadedSweep& loaded, const SweepArguments& w) {
  const auto& s = loaded.sweep;
  return {sha256(fmt::format("{}\n{}", w.pareto, loaded.text)), configs_digest(catalog, loaded),
          sha256(read_file("/proc/self/exe").value_or("")),
          s.samples > 0 ? fmt::format("samples={},seed={}", s.samples, s.seed) : "none"};
}

int work(const SweepArguments& w, const std::string& configs, Messenger* messenger) {
  if (w.resume && (w.out.empty() || w.out == "-"))
    throw UsageError("--resume: standard output cannot be resumed; name the file with -o");
  const Catalog catalog(Catalog::locate(configs));
  const auto loaded = load(catalog, w);
  const auto identity = identify(catalog, loaded, w);
  const SweepOptions options{w.threads > 0 ? w.threads : usual_threads(), w.resume, w.out};
  if (messenger == nullptr || messenger->rank() == 0)
    return run_sweep(loaded, identity, options, messenger);
  serve_blocks(*messenger, loaded, identity, options.threads);
  return kExitDone;
}

int run(const SweepArguments& w, const std::string& configs) {
  const auto messenger = join_ranks();
  if (messenger == nullptr || messenger->size() == 1) return work(w, configs, nullptr);
  std::string problem;
  int status = kExitUsage;
  try {
    status = work(w, configs, messenger.get());
    if (status < kExitUsage) return status;
  } catch (const std::exception& e) {
    problem = e.what();
  }
  // The other ranks wait for work that will not come, so the run is ended for all of them.
  if (messenger->rank() != 0) {
    report_failure(*messenger, problem);
    return status;
  }
  if (!problem.empty()) std::fprintf(stderr, "perfmodel: %s\n", problem.c_str());
  messenger->abort(status);
  return status;
}

}  // namespace

void add_sweep(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<SweepArguments>();
  auto* c = app.add_subcommand("sweep", "every point of a product of axes, as CSV");
  c->footer("Example: perfmodel sweep memories -o memories.csv");
  c->add_option("file", w->file, "a sweep file, or the id of one (perfmodel list sweeps)")
      ->required();
  c->add_option("-j,--threads", w->threads, "threads; default all processors")
      ->check(CLI::Range(1U, kMaxThreads));
  c->add_option("--pareto", w->pareto,
                "two metrics: keep only points that no other of the group beats in both");
  c->add_option(
      "--samples", w->samples,
      "draws behind p10, p50 and p90 of every row; default the file's, or 0: no intervals");
  c->add_option("--seed", w->seed, "of the draws; default the file's, or 1");
  c->add_flag("--resume", w->resume,
              "continue the interrupted run of the same -o, if there is one");
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen.configs); }; });
}

}  // namespace perfmodel::cli
