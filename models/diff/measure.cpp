#include "diff/measure.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace perfmodel::diff {
namespace {

constexpr std::size_t kKeysShown = 5;

double ratio_of(double before, double now) {
  if (before == now) return 1;
  if (before == 0) return std::copysign(std::numeric_limits<double>::infinity(), now);
  return now / before;
}

/// Of values that are not empty; reorders them.
double median_of(std::vector<double>& v) {
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  if (v.size() % 2 != 0) return *middle;
  const double below = *std::max_element(v.begin(), middle);
  // Halves first: the sum of two large ones may not be a double.
  return below == *middle ? below : 0.5 * below + 0.5 * *middle;
}

/// What a row has of the metric.
struct Sample {
  State state = State::empty;
  double value = 0;  // the median of the repetitions
  std::vector<double> repetitions;
};

class Sampler {
 public:
  Sampler(const Cells& cells, const Index& index, bool repeats)
      : cells_(cells), index_(index), repeats_(repeats) {}

  void take(std::uint32_t row, Sample& s) const {
    s.state = cells_.states[row];
    s.value = cells_.values[row];
    if (!repeats_) return;
    s.repetitions.clear();
    for (auto r = row; r != Index::kNone; r = index_.next(r)) {
      if (cells_.states[r] == State::number) s.repetitions.push_back(cells_.values[r]);
      s.state = std::max(s.state, cells_.states[r]);  // one of them, whatever the order of rows
    }
    if (s.repetitions.empty()) return;
    s.state = State::number;
    s.value = median_of(s.repetitions);
  }

 private:
  const Cells& cells_;
  const Index& index_;
  bool repeats_;
};

class Measurer {
 public:
  Measurer(const Tables& t, const Joined& joined, std::size_t column, const Keys& keys,
           const Options& options)
      : t_(t),
        joined_(joined),
        plan_(keys.layout().columns[column]),
        keys_(keys),
        options_(options),
        before_(t.before.columns[column], joined.before, keys.layout().repeats()),
        now_(t.now.columns[column], joined.now, keys.layout().repeats()) {}

  Measured run() {
    auto& r = measured_.result;
    r.name = plan_.name;
    r.better = plan_.better;
    r.tolerance = plan_.tolerance;
    r.counts = plan_.counts;
    for (const auto& p : joined_.join.both) {
      before_.take(p.before, old_);
      now_.take(p.now, new_);
      if (old_.state == State::number && new_.state == State::number)
        add_numbers(p);
      else if (old_.state != new_.state)
        add_change(p);
    }
    r.rows = ratios_.size();
    r.changed = changed_.size();
    put_changes();
    if (r.rows == 0) return std::move(measured_);
    r.median = median_of(ratios_);
    r.lowest = moved(lowest_);
    r.highest = moved(highest_);
    std::sort(tests_.begin(), tests_.end(), [&](const Test& a, const Test& b) {
      return keys_.less(t_.before, a.rows.before, t_.before, b.rows.before);
    });
    for (auto& test : tests_) measured_.tests.push_back(std::move(test.result));
    return std::move(measured_);
  }

 private:
  struct Extreme {
    Pair rows{Index::kNone, Index::kNone};
    double before = 0, now = 0, ratio = 1;
  };
  struct Test {
    Pair rows;
    TestResult result;
  };
  struct StateChange {
    Pair rows;
    State before, now;
    double old_value, new_value;
  };

  Moved moved(const Extreme& e) const {
    return {{keys_.text(t_.before, e.rows.before), t_.before.lines[e.rows.before],
             t_.now.lines[e.rows.now]},
            e.before,
            e.now,
            e.ratio};
  }

  /// Rows with the same ratio are told apart by their keys, so that their order does not matter.
  bool comes_first(double ratio, const Pair& rows, const Extreme& than, bool low) const {
    if (than.rows.before == Index::kNone) return true;
    if (ratio != than.ratio) return low ? ratio < than.ratio : ratio > than.ratio;
    return keys_.less(t_.before, rows.before, t_.before, than.rows.before);
  }

  void add_numbers(const Pair& p) {
    const double ratio = ratio_of(old_.value, new_.value);
    ratios_.push_back(ratio);
    if (comes_first(ratio, p, lowest_, true)) lowest_ = {p, old_.value, new_.value, ratio};
    if (comes_first(ratio, p, highest_, false)) highest_ = {p, old_.value, new_.value, ratio};
    const bool outside = is_outside(old_.value, new_.value, plan_.tolerance);
    bool passes = !outside;
    if (keys_.layout().repeats()) {
      auto& test = tests_.emplace_back(Test{p, test_of(p, ratio, outside)}).result;
      if (outside && test.tested && !test.significant) {
        ++measured_.result.insignificant;
        passes = true;
      }
      count(passes);
      test.failing = failed_;
      return;
    }
    count(passes);
  }

  void count(bool passes) {
    failed_ = false;
    if (passes) return;
    auto& r = measured_.result;
    const bool grew = new_.value > old_.value;
    const bool improved =
        (plan_.better == Better::more && grew) || (plan_.better == Better::less && !grew);
    ++(improved ? r.improved : r.worse);
    failed_ = plan_.counts && !(options_.gate == Gate::regression && improved);
    if (failed_) ++r.failing;
  }

  TestResult test_of(const Pair& p, double ratio, bool outside) const {
    TestResult t;
    t.metric = plan_.name;
    t.moved = moved({p, old_.value, new_.value, ratio});
    t.old_count = old_.repetitions.size();
    t.new_count = new_.repetitions.size();
    t.tested = least_p(t.old_count, t.new_count) < options_.alpha;
    if (t.tested) t.test = rank_test(old_.repetitions, new_.repetitions);
    t.outside = outside;
    t.significant = t.tested && t.test.p < options_.alpha;
    return t;
  }

  void add_change(const Pair& p) {
    changed_.push_back({p, old_.state, new_.state, old_.value, new_.value});
    const bool gained = new_.state == State::number;
    if (plan_.counts && !(options_.gate == Gate::regression && gained))
      ++measured_.result.failing_changed;
  }

  void put_changes() {
    const auto text = [](State s, double value) {
      return s == State::number ? fmt::format("{}", value) : std::string(name_of(s));
    };
    const auto row = [](const StateChange& c) { return c.rows.before; };
    for (const auto& c : first_by_key(changed_, kKeysShown, keys_, t_.before, row)) {
      measured_.result.changes.push_back(
          {{keys_.text(t_.before, c.rows.before), t_.before.lines[c.rows.before],
            t_.now.lines[c.rows.now]},
           text(c.before, c.old_value),
           text(c.now, c.new_value)});
    }
  }

  const Tables& t_;
  const Joined& joined_;
  const ColumnPlan& plan_;
  const Keys& keys_;
  const Options& options_;
  Sampler before_, now_;
  Sample old_, new_;  // of the present row
  bool failed_ = false;
  Measured measured_;
  std::vector<double> ratios_;
  Extreme lowest_, highest_;
  std::vector<Test> tests_;
  std::vector<StateChange> changed_;
};

}  // namespace

Measured measure(const Tables& t, const Joined& joined, std::size_t column, const Keys& keys,
                 const Options& options) {
  return Measurer(t, joined, column, keys, options).run();
}

}  // namespace perfmodel::diff
