#include "cli/answer_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::size_t kMostNumbers = 24;  // of the main ones, in one report
constexpr std::size_t kLongest = 60;      // of a text in it
constexpr std::size_t kDigest = 12;       // of a checksum

using Changes = std::vector<AnswerChange>;

std::string text_of(const Json& v) {
  if (v.is_number()) return report::number(v.get<double>(), 6);
  auto text =
      v.is_string() ? v.get<std::string>() : v.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "..";
  return text;
}

std::string moved(const Json& then, const Json& now) {
  auto text = fmt::format("{} -> {}", text_of(then), text_of(now));
  if (!then.is_number() || !now.is_number() || then.get<double>() == 0) return text;
  const double by = 100 * (now.get<double>() / then.get<double>() - 1);
  return std::isfinite(by) ? text + fmt::format(" ({:+.3g} %)", by) : text;
}

struct Leaf {
  std::string path;  // "expected.ttft_s"
  const Json* then;
  const Json* now;
};

/// Values that differ, in the order of the recorded answer. Figures of answers and provenance are
/// apart: they are compared by what they are about, not by their place.
void differing(const Json& then, const Json& now, const std::string& path,
               std::vector<Leaf>& leaves) {
  static const Json nothing;
  const auto inside = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (then.is_object() && now.is_object()) {
    const auto apart = [&](const std::string& key) {
      if (key == "figures") return path.empty() || path.starts_with("systems.");
      return path.empty() && (key == "provenance" || key == "version");
    };
    for (const auto& [key, value] : then.items()) {
      if (apart(key)) continue;
      const auto at = now.find(key);
      differing(value, at == now.end() ? nothing : *at, inside(key), leaves);
    }
    for (const auto& [key, value] : now.items())
      if (!then.contains(key) && !apart(key)) leaves.push_back({inside(key), &nothing, &value});
    return;
  }
  if (then.is_array() && now.is_array()) {
    for (std::size_t i = 0; i < std::max(then.size(), now.size()); ++i)
      differing(i < then.size() ? then[i] : nothing, i < now.size() ? now[i] : nothing,
                inside(std::to_string(i)), leaves);
    return;
  }
  if (then != now) leaves.push_back({path, &then, &now});
}

/// What an answer is asked for.
bool is_main(const std::string& path) {
  constexpr std::array<std::string_view, 8> kMain = {
      "verdict",    "reason",          "infeasible",   "expected.",
      "deployment", "per_chip.output", "chance_above", "output_tokens_per_s_per_chip"};
  return std::any_of(kMain.begin(), kMain.end(),
                     [&](std::string_view k) { return path.find(k) != std::string::npos; }) &&
         !path.starts_with("comparisons") && path.find("interactivity") == std::string::npos;
}

std::string string_of(const Json& in, const char* key) {
  const auto at = in.find(key);
  return at != in.end() && at->is_string() ? at->get<std::string>() : "";
}

std::map<std::string, std::string> digests(const Json& answer) {
  std::map<std::string, std::string> all;
  for (const auto& f : answer["provenance"]["files"])
    all[string_of(f, "file")] = string_of(f, "sha256");
  return all;
}

void compare_files(const Json& then, const Json& now, Changes& changes) {
  const auto old = digests(then);
  const auto fresh = digests(now);
  auto all = old;
  all.insert(fresh.begin(), fresh.end());
  for (const auto& [file, unused] : all) {
    const auto a = old.find(file);
    const auto b = fresh.find(file);
    const auto digest = [](const auto& at, const auto& end) {
      return at == end ? std::string() : at->second;
    };
    const auto was = digest(a, old.end());
    const auto is = digest(b, fresh.end());
    if (was != is) changes.push_back(file_change(file, was, is));
  }
}

/// Value, range and grade.
std::string state(const Json& figure) {
  auto text = string_of(figure, "value");
  if (const auto range = string_of(figure, "range"); !range.empty()) text += " in " + range;
  return text + ", " + string_of(figure, "grade");
}

using Figures = std::map<std::string, const Json*>;

/// By whose they are and where they stand.
void collect(const Json& figures, const std::string& of, Figures& all) {
  if (!figures.is_array()) return;
  for (const auto& f : figures)
    if (f.is_object()) all[of + string_of(f, "path") + " in " + string_of(f, "file")] = &f;
}

Figures figures_of(const Json& answer) {
  Figures all;
  if (answer.contains("figures")) collect(answer["figures"], "", all);
  if (!answer.contains("systems") || !answer["systems"].is_array()) return all;
  for (const auto& s : answer["systems"])
    if (s.is_object() && s.contains("figures"))
      collect(s["figures"], string_of(s, "compared") + ": ", all);
  return all;
}

void compare_figures(const Json& then, const Json& now, Changes& changes) {
  const auto old = figures_of(then);
  const auto fresh = figures_of(now);
  const auto place = [](const Json& f) {
    const auto line = f.find("line");
    return fmt::format("{}:{}", string_of(f, "file"),
                       line != f.end() && line->is_number_integer() ? line->get<int>() : 0);
  };
  for (const auto& [key, f] : old) {
    const auto name = key.substr(0, key.rfind(" in "));
    const auto at = fresh.find(key);
    if (at == fresh.end()) {
      changes.push_back(
          {"figure", fmt::format("{} ({}) does not enter any more", name, state(*f))});
      continue;
    }
    const auto& g = *at->second;
    if (state(*f) != state(g))
      changes.push_back(
          {"figure", fmt::format("{} {} -> {} ({})", name, state(*f), state(g), place(g))});
    else if (*f != g)
      changes.push_back({"figure", fmt::format("{}: the same, with another place, source, note or "
                                               "weight ({})",
                                               name, place(g))});
  }
  for (const auto& [key, f] : fresh)
    if (!old.contains(key))
      changes.push_back(
          {"figure", fmt::format("{} ({}) enters now ({})", key.substr(0, key.rfind(" in ")),
                                 state(*f), place(*f))});
}

}  // namespace

AnswerChange file_change(const std::string& file, const std::string& then, const std::string& now) {
  if (then.empty()) return {"file", file + " is read now too"};
  if (now.empty()) return {"file", file + " is not read any more"};
  return {"file", fmt::format("{} changed (sha256 {} -> {})", file, then.substr(0, kDigest),
                              now.substr(0, kDigest))};
}

Changes changes_between(const Json& then, const Json& now) {
  Changes changes;
  const auto word = [&](const char* kind, const std::string& was, const std::string& is) {
    if (was != is) changes.push_back({kind, was + " -> " + is});
  };
  word("program", string_of(then, "version"), string_of(now, "version"));
  word("revision", string_of(then["provenance"], "revision"),
       string_of(now["provenance"], "revision"));
  compare_files(then, now, changes);
  compare_figures(then, now, changes);
  std::vector<Leaf> leaves;
  differing(then, now, "", leaves);
  std::size_t shown = 0;
  std::vector<const Leaf*> others;
  for (const auto& l : leaves) {
    if (is_main(l.path) && shown < kMostNumbers) {
      ++shown;
      changes.push_back({"answer", l.path + " " + moved(*l.then, *l.now)});
    } else {
      others.push_back(&l);
    }
  }
  if (!others.empty()) {
    const auto& first = *others.front();
    auto text = first.path + " " + moved(*first.then, *first.now);
    if (others.size() > 1) text += fmt::format(", and {} more values", others.size() - 1);
    changes.push_back({"other", std::move(text)});
  }
  return changes;
}

}  // namespace perfmodel::cli
