#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/compare.hpp"
#include "cli/output.hpp"
#include "cli/provenance.hpp"
#include "cli/question_options.hpp"
#include "report/comparison_format.hpp"

namespace perfmodel::cli {
namespace {

std::string render(const report::ComparisonRecord& record, const std::string& format) {
  if (format == "csv") return report::comparison_csv(record);
  if (format == "json") return report::comparison_json(record);
  if (format == "md") return report::comparison_markdown(record);
  return report::comparison_table(record);
}

int run(const CompareArguments& words, const Chosen& chosen) {
  const auto options = check_compare(words);
  if (chosen.answer == nullptr) check_writable(words.question.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto result = run_compare(catalog, options);
  auto text = render(result.record, words.question.format);
  if (chosen.answer != nullptr)
    *chosen.answer = std::move(text);
  else
    emit(words.question.out, text);
  return result.status;
}

}  // namespace

void add_compare(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<CompareArguments>();
  auto* c = app.add_subcommand("compare", "several systems under one promise, and why they differ");
  c->footer(
      "Example: perfmodel compare --systems cloudmatrix384,gb200-nvl72,4xhgx-h200 --llm "
      "deepseek-r1 "
      "--slo tpot=50ms");
  c->add_option("--systems", w->systems,
                "[COUNTx]SYSTEM[@CHIP][/STACK][+CHANGE...], several by commas: 4xhgx-h200, "
                "generic-8@h800, cloudmatrix384+memory=hbm3-cxmt:8");
  c->add_option("--chips", w->chips,
                "CHIP[/STACK][+CHANGE...], several by commas, in their default systems: "
                "h20,h20+native=fp4");
  c->add_option("--baseline", w->baseline,
                "the one that ratios are over; default the first feasible one");
  c->add_option("--metric", w->metric, "rate whose ratio is taken apart: output, decode or prefill")
      ->check(CLI::IsMember({"output", "decode", "prefill"}))
      ->capture_default_str();
  c->add_option("--interactivity", w->interactivity,
                "tokens/s of one user at which rates per chip are compared")
      ->capture_default_str();
  add_question_options(*c, w->question);
  c->add_option("--samples", w->question.samples,
                "draws behind the probability to be above the baseline; 0 for none")
      ->capture_default_str();
  c->add_option("--seed", w->question.seed, "of the draws")->capture_default_str();
  c->add_flag("--sources", w->question.sources,
              "every figure that entered the answers, with range, grade, source and place");
  c->add_option("--format", w->question.format, "table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->question.out, "write to this file instead of standard output");
  c->callback([w, c, &chosen] {
    w->question.command = words_of(*c);
    chosen.action = [w, &chosen] { return run(*w, chosen); };
  });
}

}  // namespace perfmodel::cli
