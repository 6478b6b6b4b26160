#include "diff/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "diff/measure.hpp"
#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

constexpr std::size_t kExamples = 5;

std::vector<std::size_t> columns_of(const Layout& layout, Role role) {
  std::vector<std::size_t> all;
  for (std::size_t c = 0; c < layout.columns.size(); ++c)
    if (layout.columns[c].role == role) all.push_back(c);
  return all;
}

void refuse_repeats(const Table& t, const Index& index, const Keys& keys,
                    spec::Diagnostics& diagnostics) {
  constexpr std::size_t named = 4;
  Problems problems(t.file, diagnostics);
  for (const auto& r : index.repeats()) {
    if (!problems.has_room()) {
      problems.add(t.lines[r.row], "", "");
      continue;
    }
    std::string differ;
    std::size_t n = 0;
    for (const auto& name : keys.differing(t, r.first, r.row))
      if (n++ < named) differ += (differ.empty() ? "" : ", ") + printable(name);
    problems.add(
        t.lines[r.row], "",
        fmt::format("same key as line {}: {}", t.lines[r.first], keys.full_text(t, r.first)),
        differ.empty()
            ? "the rows are equal"
            : fmt::format("they differ in {}: add to --key what tells rows apart", differ));
  }
}

Place place(const Keys& keys, const Tables& t, const Pair& p) {
  return {keys.text(t.before, p.before), t.before.lines[p.before], t.now.lines[p.now]};
}

/// A column of text by the key of its rows.
class Texts {
 public:
  Texts(const Cells& cells, const Index& index, const Words& words)
      : cells_(cells), index_(index), words_(words) {}

  /// Of repeated rows the first text in the order of letters that is not empty, so that the order
  /// of rows does not matter.
  const std::string& of(std::uint32_t row) const {
    const auto* text = &words_.text(cells_.words[row]);
    for (auto r = index_.next(row); r != Index::kNone; r = index_.next(r)) {
      const auto& other = words_.text(cells_.words[r]);
      if (!other.empty() && (text->empty() || other < *text)) text = &other;
    }
    return *text;
  }

 private:
  const Cells& cells_;
  const Index& index_;
  const Words& words_;
};

TextResult text_result(const Tables& t, const Joined& joined, std::size_t column, const Keys& keys,
                       const Words& words, Gate gate) {
  const auto& plan = keys.layout().columns[column];
  const Texts before(t.before.columns[column], joined.before, words);
  const Texts now(t.now.columns[column], joined.now, words);
  TextResult r;
  r.name = plan.name;
  r.counts = plan.role == Role::verdict;
  std::vector<Pair> changed;
  for (const auto& p : joined.join.both) {
    const auto& text = now.of(p.now);
    if (before.of(p.before) == text) continue;
    changed.push_back(p);
    // Of the words for verdicts, this one is known to be the better side.
    const bool better = plan.name == "verdict" && text == "feasible";
    if (r.counts && !(gate == Gate::regression && better)) ++r.failing;
  }
  r.changed = changed.size();
  for (const auto& p : first_by_key(changed, kExamples, keys, t.before, &Pair::before))
    r.changes.push_back({place(keys, t, p), before.of(p.before), now.of(p.now)});
  return r;
}

RowsOfOne rows_of_one(const Table& t, const std::vector<std::uint32_t>& rows, const Keys& keys,
                      bool old) {
  RowsOfOne r{rows.size(), {}};
  for (const auto row : first_by_key(rows, kExamples, keys, t, std::identity{})) {
    const int line = t.lines[row];
    r.places.push_back({keys.text(t, row), old ? line : 0, old ? 0 : line});
  }
  return r;
}

/// Key columns whose values the files do not share.
std::vector<std::string> unmatched(const Tables& t, const Keys& keys, const Words& words) {
  std::vector<std::string> names;
  for (const auto k : keys.columns()) {
    std::vector<bool> seen(words.size());
    for (const auto w : t.before.columns[k].words) seen[w] = true;
    const auto& now = t.now.columns[k].words;
    if (std::none_of(now.begin(), now.end(), [&](auto w) { return seen[w]; }))
      names.push_back(keys.layout().columns[k].name);
  }
  return names;
}

std::string list_of(const std::vector<std::string>& parts) {
  constexpr std::size_t most = 6;
  std::string s;
  for (std::size_t i = 0; i < std::min(most, parts.size()); ++i)
    s += (i > 0 ? ", " : "") + parts[i];
  return parts.size() > most ? s + fmt::format(" and {} more", parts.size() - most) : s;
}

std::string rows_text(std::size_t n) {
  return fmt::format("{} row{}", n, n == 1 ? "" : "s");
}

}  // namespace

std::vector<std::string> failures_of(const Comparison& c) {
  std::vector<std::string> f;
  std::vector<std::string> outside, changed;
  const auto add = [](std::vector<std::string>& to, const std::string& name, std::size_t n) {
    if (n > 0) to.push_back(fmt::format("{} ({})", printable(name), rows_text(n)));
  };
  for (const auto& m : c.metrics) {
    add(outside, m.name, m.failing);
    add(changed, m.name, m.failing_changed);
  }
  for (const auto& t : c.texts) add(changed, t.name, t.failing);
  if (!outside.empty()) f.push_back("outside tolerance: " + list_of(outside));
  if (!changed.empty()) f.push_back("changed: " + list_of(changed));
  if (c.only_old.count > 0) f.push_back("vanished: " + rows_text(c.only_old.count));
  std::vector<std::string> columns;
  for (const auto& name : c.layout.only_old) columns.push_back(printable(name));
  if (!columns.empty())
    f.push_back(
        fmt::format("vanished: column{} {}", columns.size() == 1 ? "" : "s", list_of(columns)));
  return f;
}

Comparison compare(const Source& before, const Source& now, const Options& options,
                   spec::Diagnostics& diagnostics) {
  Comparison c;
  c.old_file = before.file;
  c.new_file = now.file;
  // Others may have found problems before, in the options; all are shown together.
  const auto had = diagnostics.size();
  const auto old_survey = survey(before, diagnostics);
  const auto new_survey = survey(now, diagnostics);
  if (diagnostics.size() != had) return c;
  c.old_rows = old_survey.rows;
  c.new_rows = new_survey.rows;
  c.gate = options.gate;
  c.alpha = options.alpha;
  c.layout = plan(old_survey, new_survey, options.wishes, diagnostics);
  if (diagnostics.size() != had) return c;
  Words words;
  const Tables t{load(before, old_survey, c.layout, words), load(now, new_survey, c.layout, words)};
  const Keys keys(c.layout, columns_of(c.layout, Role::key), t, words);
  const Index old_index(t.before, keys.columns());
  const Index new_index(t.now, keys.columns());
  if (!c.layout.repeats()) {
    refuse_repeats(t.before, old_index, keys, diagnostics);
    refuse_repeats(t.now, new_index, keys, diagnostics);
    if (diagnostics.size() != had) return c;
  }
  const auto j = join(t.before, old_index, t.now, new_index);
  c.joined = j.both.size();
  c.only_old = rows_of_one(t.before, j.only_old, keys, true);
  c.only_new = rows_of_one(t.now, j.only_new, keys, false);
  if (j.both.empty()) c.unmatched_keys = unmatched(t, keys, words);
  const Joined joined{j, old_index, new_index};
  for (const auto column : columns_of(c.layout, Role::metric)) {
    auto m = measure(t, joined, column, keys, options);
    if (m.result.rows + m.result.changed == 0) continue;
    c.metrics.push_back(std::move(m.result));
    std::move(m.tests.begin(), m.tests.end(), std::back_inserter(c.tests));
  }
  for (const auto role : {Role::verdict, Role::note}) {
    for (const auto column : columns_of(c.layout, role)) {
      auto r = text_result(t, joined, column, keys, words, options.gate);
      if (r.changed > 0) c.texts.push_back(std::move(r));
    }
  }
  c.failures = failures_of(c);
  return c;
}

}  // namespace perfmodel::diff
