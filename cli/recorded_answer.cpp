#include "cli/recorded_answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>

#include "cli/catalog.hpp"
#include "cli/errors.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {
namespace {

/// Answers have a few hundred kilobytes and six levels.
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
constexpr int kDeepest = 32;

struct Known {
  std::string_view schema;
  std::string_view command;
  std::vector<std::string_view> keys;  // without which it is not one
};
const std::array<Known, 2>& known() {
  static const std::array<Known, 2> all = {
      {{"perfmodel/estimate/1", "estimate", {"version", "verdict", "expected", "figures"}},
       {"perfmodel/compare/1", "compare", {"version", "systems"}}}};
  return all;
}

std::string slurp(const std::string& path) {
  if (path == "-")
    return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw UsageError(fmt::format("no such file: '{}'", path));
  auto text = read_file(path);
  if (!text) throw UsageError(fmt::format("cannot read '{}'", path));
  return std::move(*text);
}

std::string place_of(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  return fmt::format("{}:{}", line, byte - (start == std::string_view::npos ? 0 : start + 1));
}

Json parse(const std::string& text, const std::string& path) {
  if (text.empty()) throw UsageError(fmt::format("{}: is empty", path));
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest)
      throw UsageError(fmt::format("{}: nested deeper than {} levels", path, kDeepest));
    return true;
  };
  try {
    return Json::parse(text, shallow);
  } catch (const Json::parse_error& e) {
    if (e.byte > text.size())
      throw UsageError(
          fmt::format("{}: is cut off: the JSON does not end by byte {}", path, text.size()));
    throw UsageError(fmt::format("{}:{}: is not JSON (an answer is made with --format json)", path,
                                 place_of(text, e.byte)));
  }
}

/// What is wrong with one answer.
class Checker {
 public:
  explicit Checker(const std::string& path) : path_(path) {}

  void problem(std::string_view text) {
    if (!text_.empty()) text_ += "\nperfmodel: ";
    text_ += fmt::format("{}: {}", path_, text);
  }
  void finish() const {
    if (!text_.empty()) throw UsageError(text_);
  }
  /// The value of a key, a problem where there is none of that kind.
  const Json* get(const Json& in, std::string_view inside, std::string_view key,
                  bool (Json::*is)() const noexcept, std::string_view kind) {
    const auto at = in.find(key);
    if (at == in.end()) {
      problem(fmt::format("has no key '{}{}'", inside, key));
      return nullptr;
    }
    if (!((*at).*is)()) {
      problem(fmt::format("'{}{}' is no {}", inside, key, kind));
      return nullptr;
    }
    return &*at;
  }

 private:
  const std::string& path_;
  std::string text_;
};

const Known& schema_of(const Json& json, const std::string& path) {
  const auto at = json.is_object() ? json.find("schema") : json.end();
  if (!json.is_object() || at == json.end() || !at->is_string())
    throw UsageError(fmt::format(
        "{}: is no answer: it has no 'schema' (estimate and compare write one with --format json)",
        path));
  const auto& schema = at->get_ref<const std::string&>();
  std::vector<std::string_view> names;
  for (const auto& k : known()) {
    if (k.schema == schema) return k;
    names.push_back(k.schema);
  }
  throw UsageError(fmt::format("{}: schema '{}' is none that can be reproduced ({})", path, schema,
                               spec::nearest_hint(schema, names)));
}

}  // namespace

RecordedAnswer read_answer(const std::string& path) {
  RecordedAnswer a;
  a.text = slurp(path);
  if (a.text.size() > kMostBytes)
    throw UsageError(fmt::format("{}: {} bytes are more than any answer has", path, a.text.size()));
  a.json = parse(a.text, path);
  const auto& of = schema_of(a.json, path);
  Checker check(path);
  for (const auto key : of.keys)
    if (!a.json.contains(key)) check.problem(fmt::format("has no key '{}'", key));
  const auto* p = check.get(a.json, "", "provenance", &Json::is_object, "object");
  if (p == nullptr) check.finish();
  check.get(*p, "provenance.", "revision", &Json::is_string, "text");
  if (const auto* files = check.get(*p, "provenance.", "files", &Json::is_array, "list")) {
    const bool right = std::all_of(files->begin(), files->end(), [](const Json& f) {
      return f.is_object() && f.contains("file") && f["file"].is_string() && f.contains("sha256") &&
             f["sha256"].is_string();
    });
    if (!right) check.problem("'provenance.files' is no list of files with their sha256");
  }
  if (const auto* words = check.get(*p, "provenance.", "command", &Json::is_array, "list")) {
    for (const auto& w : *words)
      if (w.is_string()) a.command.push_back(w.get<std::string>());
    if (a.command.size() != words->size() || a.command.empty() || a.command[0] != of.command)
      check.problem(fmt::format("'provenance.command' is no list of words that begins with '{}'",
                                of.command));
  }
  check.finish();
  return a;
}

}  // namespace perfmodel::cli
