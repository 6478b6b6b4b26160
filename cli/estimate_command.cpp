#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/estimate.hpp"
#include "cli/output.hpp"
#include "cli/provenance.hpp"
#include "cli/question_options.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

constexpr int kMostNearest = 100;

std::string render(const report::EstimateRecord& record, const EstimateArguments& w) {
  if (w.format == "csv") return report::to_csv(record, w.explain);
  if (w.format == "json") return report::to_json(record);
  if (w.format == "md") return report::to_markdown(record, w.explain);
  return report::to_table(record, {.explain = w.explain});
}

int run(const EstimateArguments& words, const Chosen& chosen) {
  const auto options = check_arguments(words);
  if (chosen.answer == nullptr) check_writable(words.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto result = run_estimate(catalog, options);
  auto text = render(result.record, words);
  if (chosen.answer != nullptr)
    *chosen.answer = std::move(text);
  else
    emit(words.out, text);
  return result.status;
}

}  // namespace

void add_estimate(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<EstimateArguments>();
  auto* c = app.add_subcommand("estimate", "throughput, latency and memory of one chip or system");
  c->footer(
      "Example: perfmodel estimate --system cloudmatrix384 --llm deepseek-r1 --input 4096 "
      "--weights int8");
  c->add_option("--chip", w->chip, "chip id or alias; its default system is used");
  c->add_option("--system", w->system, "system id or alias");
  add_question_options(*c, *w);
  c->add_option("--parallel", w->parallel,
                "degrees of one engine (tp, pp, cp, dp, ep, moe-tp), as tp=1,dp=32,ep=32, or auto")
      ->capture_default_str();
  c->add_option("--concurrency", w->concurrency, "sequences in flight over the whole system");
  c->add_option("--rate", w->rate, "requests per second that arrive, over the whole system");
  c->add_option("--objective", w->objective,
                "what the search makes the most of: output, per-chip, per-watt, per-cost or tpot")
      ->capture_default_str();
  c->add_option("--prefill-parallel", w->prefill_parallel,
                "degrees of an engine of the prefill pool, or auto")
      ->capture_default_str();
  c->add_option("--prefill-system", w->prefill_system,
                "another system that prefills, --system only decodes");
  c->add_option("--prefill-count", w->prefill_count, "systems of that kind")->capture_default_str();
  c->add_option("--batch", w->batch, "sequences per attention rank, or max: all that memory holds");
  c->add_option("--count", w->count, "systems joined by their scale-out network")
      ->capture_default_str();
  c->add_flag("--explain", w->explain, "every operator and every figure");
  c->add_flag("--no-compare", w->no_compare, "leave out the alternatives and reference systems");
  c->add_option("--nearest", w->nearest, "published runs to show that are most like the deployment")
      ->check(CLI::Range(0, kMostNearest))
      ->capture_default_str();
  c->add_option("--samples", w->samples, "draws behind p10, p50 and p90; 0 for no intervals")
      ->capture_default_str();
  c->add_option("--seed", w->seed, "of the draws")->capture_default_str();
  c->add_flag("--why", w->why,
              "what limits the answer, what is unknown, which figure to learn next");
  c->add_flag("--sources", w->sources,
              "every figure that entered the answer, with range, grade, source and place");
  c->add_option("--format", w->format, "table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, c, &chosen] {
    w->command = words_of(*c);
    chosen.action = [w, &chosen] { return run(*w, chosen); };
  });
}

}  // namespace perfmodel::cli
