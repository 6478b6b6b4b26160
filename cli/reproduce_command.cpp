#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/answer_changes.hpp"
#include "cli/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/manifest.hpp"
#include "cli/output.hpp"
#include "cli/recorded_answer.hpp"
#include "cli/version.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::size_t kKind = 10;  // columns of the kind of a change

/// The recorded question, asked anew. The words come from a file: they can ask, and nothing else.
std::string ask_again(const RecordedAnswer& recorded, const std::string& path,
                      const std::string& configs) {
  std::string answer;
  Chosen chosen;
  chosen.configs = configs;
  chosen.answer = &answer;
  CLI::App app("", "perfmodel");
  app.require_subcommand(1);
  add_estimate(app, chosen);
  add_compare(app, chosen);
  auto words = recorded.command;
  words.insert(words.end(), {"--format", "json"});
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& e) {
    throw UsageError(fmt::format("{}: 'provenance.command' is no question: {}", path, e.what()));
  }
  chosen.action();
  return answer;
}

std::string listed(const std::vector<AnswerChange>& changes) {
  std::string text;
  for (const auto& c : changes) text += fmt::format("{:<{}}{}\n", c.kind, kKind, c.what);
  return text;
}

/// Of the files of an answer that cannot be asked for any more.
std::vector<AnswerChange> changed_files(const Json& answer, const std::string& configs) {
  std::vector<AnswerChange> changes;
  const auto root = Catalog::locate(configs);
  const auto folder = (root.has_filename() ? root : root.parent_path()).parent_path();
  for (const auto& f : answer["provenance"]["files"]) {
    const auto& name = f["file"].get_ref<const std::string&>();
    const auto& was = f["sha256"].get_ref<const std::string&>();
    const auto text = read_file(folder / name);
    const auto is = text ? sha256(*text) : "";
    if (!text)
      changes.push_back({"file", name + " is missing"});
    else if (was != is)
      changes.push_back(file_change(name, was, is));
  }
  return changes;
}

int run(const std::string& path, const Chosen& chosen) {
  const auto recorded = read_answer(path);
  std::string now;
  try {
    now = ask_again(recorded, path, chosen.configs);
  } catch (const UsageError& e) {
    const auto files = changed_files(recorded.json, chosen.configs);
    if (files.empty()) throw;
    emit("", fmt::format("not reproduced: {} cannot be asked again\n{}{}", path, listed(files),
                         listed({{"question", e.what()}})));
    return kExitNo;
  }
  if (now == recorded.text) {
    emit("", fmt::format("identical: {}, {} bytes by perfmodel {}, revision {}, from {} files\n",
                         path, now.size(), version(), revision(),
                         recorded.json["provenance"]["files"].size()));
    return kExitDone;
  }
  auto changes = changes_between(recorded.json, Json::parse(now));
  const auto of = [&](std::string_view kind) {
    return std::any_of(changes.begin(), changes.end(),
                       [&](const auto& c) { return c.kind == kind; });
  };
  const bool same_answer = !of("answer") && !of("other") && !of("figure");
  const bool same_inputs = !of("program") && !of("revision") && !of("file");
  if (changes.empty())
    changes.push_back({"answer", "the same values, written otherwise: the file was reformatted"});
  else if (same_answer)
    changes.push_back({"answer", "all figures and numbers are the same"});
  else if (same_inputs)
    changes.push_back({"cause",
                       "same program and same files: the recorded answer was edited, or "
                       "made on a machine that calculates otherwise"});
  emit("", fmt::format("not identical: {}\n{}", path, listed(changes)));
  return kExitNo;
}

}  // namespace

void add_reproduce(CLI::App& app, Chosen& chosen) {
  auto path = std::make_shared<std::string>();
  auto* c = app.add_subcommand(
      "reproduce", "ask a recorded question again and say what changed; status 1 if anything did");
  c->footer(
      "Example: perfmodel estimate --chip ascend910d --format json -o answer.json && "
      "perfmodel reproduce answer.json");
  c->add_option("answer", *path, "answer of estimate or compare in JSON, - for standard input")
      ->required();
  c->callback([=, &chosen] { chosen.action = [=, &chosen] { return run(*path, chosen); }; });
}

}  // namespace perfmodel::cli
