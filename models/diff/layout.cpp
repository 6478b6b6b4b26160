#include "diff/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A column that both files have, with what they hold together.
struct Common {
  const ColumnSurvey* before;
  const ColumnSurvey* now;
  std::size_t numbers() const {
    return before->numbers + now->numbers + before->non_finite + now->non_finite;
  }
  std::size_t words() const { return before->words + now->words; }
};

class Planner {
 public:
  Planner(const Survey& before, const Survey& now, const Wishes& wishes,
          spec::Diagnostics& diagnostics)
      : before_(before), now_(now), wishes_(wishes), diagnostics_(diagnostics) {}

  Layout plan() {
    find_columns();
    if (!sound_) return layout_;
    check_ignored();
    check_keys();
    for (const auto& c : common_) add(c);
    if (sound_ && layout_.keys().empty())
      problem("", "no column of text tells the rows apart", "name the key columns: --key a,b");
    apply_tolerances();
    return layout_;
  }

 private:
  void problem(std::string path, std::string message, std::string hint = "") {
    sound_ = false;
    diagnostics_.add({"", {}, std::move(path), std::move(message), std::move(hint)});
  }

  void find_columns() {
    const auto* old_kind = find_kind(before_.header());
    const auto* new_kind = find_kind(now_.header());
    if (old_kind != nullptr && new_kind != nullptr && old_kind != new_kind) {
      const auto is = [](const Survey& s, const Kind& k) {
        return fmt::format("{} is {} ({})", s.file, k.name, k.made_by);
      };
      problem("", fmt::format("the files are of different kinds: {}, {}", is(before_, *old_kind),
                              is(now_, *new_kind)));
      return;
    }
    layout_.kind = old_kind == new_kind ? old_kind : nullptr;
    for (const auto& c : before_.columns) {
      if (has(wishes_.ignore, c.name)) continue;
      const auto* other = now_.find(c.name);
      if (other == nullptr)
        layout_.only_old.push_back(c.name);
      else
        common_.push_back({&c, other});
    }
    for (const auto& c : now_.columns)
      if (before_.find(c.name) == nullptr && !has(wishes_.ignore, c.name))
        layout_.only_new.push_back(c.name);
    if (common_.empty())
      problem("", fmt::format("{} and {} have no column in common", before_.file, now_.file),
              fmt::format("the new file has {}", listed(now_.header())));
  }

  static std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    std::string s;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
      s += (i > 0 ? ", " : "") + printable(names[i]);
    return names.size() > most ? s + ", ..." : s;
  }

  /// The nearest of the names that `word` may have meant.
  static std::string hint(std::string_view word, const std::vector<std::string>& names) {
    const auto near = spec::nearest(word, {names.begin(), names.end()});
    if (!near.empty()) return fmt::format("did you mean '{}'?", printable(near));
    return names.empty() ? "there is none" : "known: " + listed(names);
  }

  void check_ignored() {
    auto names = before_.header();
    for (const auto& c : now_.columns) names.push_back(c.name);
    for (const auto& word : wishes_.ignore)
      if (!has(names, word))
        problem("--ignore", fmt::format("no column {}", quoted(word)), hint(word, names));
  }

  void check_keys() {
    std::vector<std::string> names;
    for (const auto& c : common_) names.push_back(c.before->name);
    for (const auto& word : wishes_.keys) {
      if (has(names, word)) continue;
      if (has(wishes_.ignore, word))
        problem("--key", fmt::format("column {} is under --ignore too", quoted(word)));
      else if (before_.find(word) != nullptr || now_.find(word) != nullptr)
        problem("--key", fmt::format("only {} has a column {}",
                                     before_.find(word) != nullptr ? before_.file : now_.file,
                                     quoted(word)));
      else
        problem("--key", fmt::format("no column {}", quoted(word)), hint(word, names));
    }
    layout_.inferred_keys = wishes_.keys.empty() && layout_.kind == nullptr;
  }

  bool is_key(const Common& c) const {
    const auto& name = c.before->name;
    if (!wishes_.keys.empty()) return has(wishes_.keys, name);
    if (layout_.kind != nullptr) return lists(layout_.kind->keys, name);
    return is_text(c) && !is_verdict_name(name);
  }

  /// A few words among numbers are a fault of the file, not a column of text.
  static bool is_text(const Common& c) { return c.words() > 0 && c.words() >= c.numbers(); }

  void add(const Common& c) {
    ColumnPlan p;
    p.name = c.before->name;
    const auto* kind = layout_.kind;
    const bool known_metric =
        kind != nullptr &&
        (lists(kind->less, p.name) || lists(kind->more, p.name) || lists(kind->neither, p.name));
    if (is_key(c)) {
      p.role = Role::key;
    } else if (kind != nullptr ? lists(kind->verdicts, p.name) : is_verdict_name(p.name)) {
      p.role = Role::verdict;
    } else if (kind != nullptr && lists(kind->notes, p.name) && c.words() > 0) {
      p.role = Role::note;
    } else if (!known_metric && (is_text(c) || c.numbers() == 0)) {
      // Text beside keys that somebody named is what they compare; beside known keys it came along.
      p.role = kind == nullptr && c.words() > 0 ? Role::verdict : Role::note;
    } else {
      p.role = Role::metric;
      p.counts = kind == nullptr || !lists(kind->notes, p.name);
      p.better = better(p.name);
      refuse_words(before_, *c.before);
      refuse_words(now_, *c.now);
    }
    layout_.columns.push_back(std::move(p));
  }

  Better better(std::string_view name) const {
    if (layout_.kind == nullptr) return direction_of(name);
    if (lists(layout_.kind->less, name)) return Better::less;
    if (lists(layout_.kind->more, name)) return Better::more;
    const bool listed = lists(layout_.kind->neither, name) || lists(layout_.kind->notes, name);
    return listed ? Better::neither : direction_of(name);
  }

  void refuse_words(const Survey& s, const ColumnSurvey& c) {
    if (c.words == 0) return;
    sound_ = false;
    const auto more = c.words > 1 ? fmt::format(", and {} more like it", c.words - 1) : "";
    diagnostics_.add({s.file,
                      {c.first_word_line, c.first_word_line > 0 ? 1 : 0},
                      c.name,
                      fmt::format("{} is not a number{}", quoted(c.first_word), more),
                      "the column holds numbers elsewhere; --ignore leaves it out"});
  }

  void apply_tolerances() {
    std::vector<std::string> metrics;
    for (const auto& p : layout_.columns)
      if (p.role == Role::metric) metrics.push_back(p.name);
    for (const auto& [name, share] : wishes_.tolerances.named)
      if (!has(metrics, name))
        problem("--tolerance", fmt::format("no metric {} in both files", quoted(name)),
                hint(name, metrics));
    for (auto& p : layout_.columns) {
      const auto at = wishes_.tolerances.named.find(p.name);
      const bool named = at != wishes_.tolerances.named.end();
      p.tolerance = named ? at->second : wishes_.tolerances.others;
      // Who gives a column a tolerance wants it held.
      if (named) p.counts = true;
    }
  }

  const Survey& before_;
  const Survey& now_;
  const Wishes& wishes_;
  spec::Diagnostics& diagnostics_;
  Layout layout_;
  bool sound_ = true;
  std::vector<Common> common_;
};

}  // namespace

std::vector<std::string> Layout::keys() const {
  std::vector<std::string> names;
  for (const auto& c : columns)
    if (c.role == Role::key) names.push_back(c.name);
  return names;
}

Layout plan(const Survey& before, const Survey& now, const Wishes& wishes,
            spec::Diagnostics& diagnostics) {
  return Planner(before, now, wishes, diagnostics).plan();
}

}  // namespace perfmodel::diff
