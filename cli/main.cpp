// perfmodel: throughput and latency of LLM inference on named accelerators, from analytical models.
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/report_command.hpp"
#include "cli/version.hpp"
#include "spec/diagnostics.hpp"

namespace {

void complain(const std::string& message) {
  std::fprintf(stderr, "perfmodel: %s\n", message.c_str());
}

/// The word that nothing took, with the nearest thing that would have been taken; empty if all
/// words were.
std::string misplaced(const CLI::App& app) {
  const CLI::App* command = &app;
  for (const auto* sub : app.get_subcommands()) command = sub;
  std::string word;
  // Without a command its name is what matters; within one, the option before its value.
  const bool options_first = command != &app;
  for (const auto& w : app.remaining(true)) {
    const bool better =
        w.starts_with('-') == options_first && word.starts_with('-') != options_first;
    if (word.empty() || better) word = w;
  }
  if (word.empty()) return "";
  word = word.substr(0, word.find('='));
  const bool option = word.starts_with('-');
  std::vector<std::string> known;
  if (option) {
    for (const auto* o : command->get_options())
      for (const auto& name : o->get_lnames()) known.push_back("--" + name);
  } else if (command == &app) {
    for (const auto* sub : app.get_subcommands(nullptr)) known.push_back(sub->get_name());
  }
  const auto near = perfmodel::spec::nearest(word, {known.begin(), known.end()});
  std::string text = option ? "unknown option '" : "unexpected argument '";
  if (!option && command == &app) text = "unknown command '";
  text += word + "'";
  if (option && command != &app && app.get_option_no_throw(word) != nullptr)
    return text + " (it goes before '" + command->get_name() + "')";
  if (!near.empty()) return text + " (did you mean '" + near + "'?)";
  if (command == &app) return text + " (see: perfmodel --help)";
  return text + " (see: perfmodel " + command->get_name() + " --help)";
}

/// An empty word for a value is a variable that was not set, never a wish for the default.
void refuse_empty_values(CLI::App& app) {
  const CLI::Validator filled(
      [](const std::string& s) { return std::string(s.empty() ? "the value is empty" : ""); }, "");
  for (auto* o : app.get_options())
    if (o->get_expected_max() > 0) o->check(filled);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace perfmodel::cli;
  CLI::App app(
      "Analytical performance models of named accelerators: LLM inference throughput, latency and\n"
      "memory, with the source and grade of every figure.",
      "perfmodel");
  app.set_version_flag("--version", std::string("perfmodel ") + version());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Chosen chosen;
  app.add_option("--configs", chosen.configs,
                 "folder of configs to use instead of the program's own");
  add_estimate(app, chosen);
  add_compare(app, chosen);
  add_list(app, chosen);
  add_show(app, chosen);
  add_check(app, chosen);
  add_validate(app, chosen);
  add_calibrate(app, chosen);
  add_index(app, chosen);
  add_bench(app, chosen);
  add_host(app, chosen);
  add_formats(app, chosen);
  add_sweep(app, chosen);
  add_fleet(app, chosen);
  add_diff(app, chosen);
  add_reproduce(app, chosen);
  add_report(app, chosen);
  refuse_empty_values(app);
  for (auto* command : app.get_subcommands(nullptr)) refuse_empty_values(*command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    const int status = app.exit(e);  // --help, --version
    if (std::cout.flush()) return status;
    complain("cannot write 'standard output'");
    return kExitUsage;
  } catch (const CLI::ParseError& e) {
    const auto word = misplaced(app);
    complain(word.empty() ? std::string(e.what()) + " (see: perfmodel --help)" : word);
    return kExitUsage;
  }
  try {
    return chosen.action();
  } catch (const UsageError& e) {
    complain(e.what());
    return kExitUsage;
  } catch (const std::exception& e) {
    complain(std::string("internal error: ") + e.what());
    return kExitUsage;
  }
}
