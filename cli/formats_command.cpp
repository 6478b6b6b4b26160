// `perfmodel formats`: FP8 or FP16? What each number format costs in precision and buys in time.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/format_answer.hpp"
#include "cli/output.hpp"

namespace perfmodel::cli {
namespace {

struct Words {
  bool quick = false;
  std::string format = "table";
  std::string out;
};

int run(const Words& w, const Chosen& chosen) {
  check_writable(w.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  FormatAnswer answer;
  answer.speeds = format_speeds(catalog);  // may refuse its files, so before what takes seconds
  answer.numerics = format_numerics(w.quick);
  answer.logits = format_logits(w.quick);
  emit(w.out,
       w.format == "csv" ? format_csv(answer) : format_tables(answer, w.format == "markdown"));
  return kExitDone;
}

}  // namespace

void add_formats(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand(
      "formats", "FP8 or FP16: precision, divergence and speed of the number formats");
  c->add_flag("--quick", w->quick, "smaller matrices and fewer tokens: about a second");
  c->add_option("--format", w->format, "table, csv or markdown")
      ->check(CLI::IsMember({"table", "csv", "markdown"}));
  c->add_option("-o,--out", w->out, "file to write");
  c->callback([=, &chosen] { chosen.action = [=, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
