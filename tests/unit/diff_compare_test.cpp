// Result files against each other: joins, ratios, what counts, and what does not depend on the
// order of anything.
#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/diff_support.hpp"

namespace perfmodel::diff {
namespace {

TEST(Compare, RatiosAreNewOverOldWithTheirRows) {
  const auto r = diff_of("id,t_ms,tok_s\na,10,100\nb,20,100\nc,40,100\n",
                         "id,t_ms,tok_s\nc,40,90\na,12,100\nb,19,101\n");
  EXPECT_EQ(r.problems, "");
  const auto& t = r.metric("t_ms");
  EXPECT_EQ(t.better, Better::less);
  EXPECT_EQ(t.rows, 3u);
  EXPECT_DOUBLE_EQ(t.median, 1);
  EXPECT_DOUBLE_EQ(t.lowest.ratio, 0.95);
  EXPECT_EQ(t.lowest.place.key, "b");
  EXPECT_EQ(t.lowest.place.old_line, 3);
  EXPECT_EQ(t.lowest.place.new_line, 4);
  EXPECT_DOUBLE_EQ(t.highest.ratio, 1.2);
  EXPECT_EQ(t.highest.place.key, "a");
  EXPECT_EQ(t.worse, 1u);
  EXPECT_EQ(t.improved, 0u);
  EXPECT_EQ(r.metric("tok_s").better, Better::more);
  EXPECT_EQ(r.metric("tok_s").worse, 1u);
  EXPECT_EQ(r.c.failures,
            (std::vector<std::string>{"outside tolerance: t_ms (1 row), tok_s (1 row)"}));
}

TEST(Compare, MedianOfAnEvenNumberIsTheMiddleOfTwo) {
  const auto r = diff_of("id,x\na,1\nb,1\nc,1\nd,1\n", "id,x\na,4\nb,1\nc,2\nd,3\n");
  EXPECT_DOUBLE_EQ(r.metric("x").median, 2.5);
}

TEST(Compare, ZeroAndSignsHaveRatiosToo) {
  const auto r = diff_of("id,x\na,0\nb,0\nc,2\nd,-2\n", "id,x\na,0\nb,3\nc,0\nd,2\n");
  const auto& x = r.metric("x");
  EXPECT_EQ(x.outside(), 3u);
  EXPECT_DOUBLE_EQ(x.lowest.ratio, -1);
  EXPECT_EQ(x.highest.ratio, std::numeric_limits<double>::infinity());
  EXPECT_EQ(x.highest.place.key, "b");
}

TEST(Compare, AValueThatIsNoNumberAnyMoreIsAChange) {
  const auto r =
      diff_of("id,x\na,1\nb,nan\nc,3\nd,\ne,inf\n", "id,x\na,\nb,NaN\nc,inf\nd,4\ne,-inf\n");
  EXPECT_EQ(r.problems, "");
  const auto& x = r.metric("x");
  EXPECT_EQ(x.rows, 0u);
  EXPECT_EQ(x.changed, 4u);
  ASSERT_EQ(x.changes.size(), 4u);
  EXPECT_EQ(x.changes[0].before + " " + x.changes[0].now, "1 (empty)");
  EXPECT_EQ(x.changes[1].before + " " + x.changes[1].now, "3 inf");
  EXPECT_EQ(x.changes[2].before + " " + x.changes[2].now, "(empty) 4");
  EXPECT_EQ(x.changes[3].before + " " + x.changes[3].now, "inf -inf");
  EXPECT_EQ(r.c.failures, (std::vector<std::string>{"changed: x (4 rows)"}));
}

TEST(Compare, RowsOfOneFileAreNamedAndOnlyVanishedOnesFail) {
  const auto r = diff_of("id,x\nb,1\na,1\n", "id,x\na,1\nc,1\n");
  EXPECT_EQ(r.c.joined, 1u);
  ASSERT_EQ(r.c.only_old.places.size(), 1u);
  EXPECT_EQ(r.c.only_old.places[0].key, "b");
  EXPECT_EQ(r.c.only_old.places[0].old_line, 2);
  ASSERT_EQ(r.c.only_new.places.size(), 1u);
  EXPECT_EQ(r.c.only_new.places[0].new_line, 3);
  EXPECT_EQ(r.c.failures, (std::vector<std::string>{"vanished: 1 row"}));
  EXPECT_TRUE(diff_of("id,x\na,1\n", "id,x\na,1\nc,1\n").c.failures.empty());
}

TEST(Compare, AVanishedColumnFailsUnlessIgnored) {
  const std::string before = "id,x,y\na,1,2\n", now = "id,x,z\na,1,3\n";
  const auto r = diff_of(before, now);
  EXPECT_EQ(r.c.failures, (std::vector<std::string>{"vanished: column y"}));
  EXPECT_EQ(r.c.layout.only_new, (std::vector<std::string>{"z"}));
  Options o;
  o.wishes.ignore = {"y"};
  EXPECT_TRUE(diff_of(before, now, o).c.failures.empty());
}

TEST(Compare, AVerdictColumnIsNoKeyAndItsChangeCounts) {
  const auto r = diff_of("id,x,verdict\na,1,feasible\nb,1,infeasible\n",
                         "id,x,verdict\na,1,infeasible\nb,1,feasible\n");
  EXPECT_EQ(r.c.layout.keys(), (std::vector<std::string>{"id"}));
  ASSERT_EQ(r.c.texts.size(), 1u);
  EXPECT_EQ(r.c.texts[0].changed, 2u);
  EXPECT_EQ(r.c.texts[0].changes[0].place.key, "a");
  EXPECT_EQ(r.c.texts[0].changes[0].now, "infeasible");
  EXPECT_EQ(r.c.failures, (std::vector<std::string>{"changed: verdict (2 rows)"}));
}

TEST(Compare, RegressionGateLetsImprovementsPass) {
  const std::string slow = "id,t_ms,x,verdict\na,10,1,infeasible\nb,,1,feasible\n";
  const std::string fast = "id,t_ms,x,verdict\na,5,1,feasible\nb,3,1,feasible\n";
  Options o;
  EXPECT_FALSE(diff_of(slow, fast, o).c.failures.empty());
  o.gate = Gate::regression;
  EXPECT_TRUE(diff_of(slow, fast, o).c.failures.empty());
  EXPECT_EQ(diff_of(fast, slow, o).c.failures,
            (std::vector<std::string>{"outside tolerance: t_ms (1 row)",
                                      "changed: t_ms (1 row), verdict (1 row)"}));
  // A metric without a better side may move neither way.
  EXPECT_FALSE(diff_of("id,x\na,1\n", "id,x\na,2\n", o).c.failures.empty());
  EXPECT_FALSE(diff_of("id,x\na,2\n", "id,x\na,1\n", o).c.failures.empty());
}

TEST(Compare, TolerancesApplyByColumn) {
  Options o;
  o.wishes.tolerances = tolerances({"1%,y=20%"});
  const auto r = diff_of("id,x,y\na,100,100\n", "id,x,y\na,102,115\n", o);
  EXPECT_EQ(r.c.failures, (std::vector<std::string>{"outside tolerance: x (1 row)"}));
}

TEST(Compare, NamedKeysMayBeNumbersAndKeysAreText) {
  const auto r = diff_of("n,m,x\n1,1,5\n1,2,6\n", "n,m,x\n1,2,6\n1,1,5\n", with_keys({"n", "m"}));
  EXPECT_EQ(r.problems, "");
  EXPECT_EQ(r.c.joined, 2u);
  EXPECT_EQ(r.metric("x").lowest.place.key, "1");  // only m differs between rows
}

TEST(Compare, FilesThatShareNoKeySayWhichColumnKeepsThemApart) {
  const auto r = diff_of("id,chip,x\na,h100,1\nb,h100,1\n", "id,chip,x\na,h200,1\nb,h200,1\n");
  EXPECT_EQ(r.c.joined, 0u);
  EXPECT_EQ(r.c.unmatched_keys, (std::vector<std::string>{"chip"}));
}

TEST(Compare, QuotesLineEndsAndAByteOrderMarkAreTheSameFile) {
  const auto r =
      diff_of("\xEF\xBB\xBFid,x\r\n\"a, \"\"b\"\"\nc\",1\r\n", "id,x\n\"a, \"\"b\"\"\nc\",1");
  EXPECT_EQ(r.problems, "");
  EXPECT_EQ(r.c.joined, 1u);
  EXPECT_TRUE(r.c.failures.empty());
}

TEST(Compare, BadInputIsNamedWithFileLineAndColumn) {
  struct Case {
    std::string before, now, message;
    Options options = {};
  };
  Options tolerance, ignore, both = with_keys({"id"});
  tolerance.wishes.tolerances.named["y"] = 0.1;
  ignore.wishes.ignore = {"xx"};
  both.wishes.ignore = {"id"};
  const std::string good = "id,x\na,1\n";
  const std::vector<Case> cases = {
      {"", good, "old.csv: the file is empty"},
      {"# nothing\n", good, "old.csv:2:1: has no header line"},
      {"id,x\n", good, "old.csv:1:1: has a header and no rows"},
      {"id,x\na,1,2\nb\n", good,
       "old.csv:2:1: has 3 fields where the header has 2\nold.csv:3:1: has 1"},
      {"id,x\na,\"1\n", good, "old.csv:2:1: bad quoting"},
      {"id,x\na,b\"1\n", good, "old.csv:2:1: bad quoting"},
      {std::string("id,x\na,\0\n", 9), good, "old.csv:2:1: contains a NUL byte"},
      {"id,x,x\na,1,2\n", good, "old.csv:1:1: column 'x' is there twice (columns 2 and 3)"},
      {"id,,x\na,1,2\n", good, "old.csv:1:1: column 2 has no name"},
      {"id,x\na,1e999\n", good, "old.csv:2:1: x: '1e999' is beyond the largest number"},
      {"a,b\n1,2\n", good, "have no column in common (the new file has id, x)"},
      {"id,y\na,1\n", "id,y\na,1\n", "--key: no column 'idd' (did you mean 'id'?)",
       with_keys({"idd"})},
      {"id,y\na,1\n", good, "--key: only old.csv has a column 'y'", with_keys({"y"})},
      {good, good, "--key: column 'id' is under --ignore too", both},
      {good, good, "--ignore: no column 'xx' (did you mean 'x'?)", ignore},
      {good, good, "--tolerance: no metric 'y' in both files (known: x)", tolerance},
      {"x\n1\n", "x\n1\n", "no column of text tells the rows apart"},
      {"id,n,x\na,1,1\na,2,1\n", "id,n,x\na,1,1\n",
       "old.csv:3:1: same key as line 2: a (they differ in n: "},
      {"id,x\na,1\na,1\n", good, "old.csv:3:1: same key as line 2: a (the rows are equal)"},
      {"id,x\na,1\nb,2\nc,3\n", "id,x\na,1\nb,oops\nc,what\n",
       "new.csv:3:1: x: 'oops' is not a number, and 1 more like it"},
      {"[1\n2\n", good, "no column in common"},
      {"{\n \"a\" 1}", good, "old.csv:2:6: not valid JSON"},
      {"{}", good, "old.csv: no list \"benchmarks\""},
      {"{\"benchmarks\": [1, {\"name\": \"a\", \"time_unit\": \"h\"}]}", good,
       "old.csv: benchmarks[0]: is not a run with a name\n"
       "old.csv: benchmarks[1].time_unit: 'h' is not a time unit"},
      {"name,iterations,real_time,cpu_time,time_unit,label\n\"a\",1,2,3,h,\n\"b\",1,2,3,ns,,,\n",
       good,
       "old.csv:2:1: time_unit: 'h' is not a time unit (ns, us, ms or s)\n"
       "old.csv:3:1: has 8 fields where the header has 6"},
      {"kernel,shape,tier,threads,time_us,time_q1_us,time_q3_us,of_roof_percent\na,b,c,1,1,1,1,1\n",
       "scope,name,kind,title,rows,median,mean,p90,bias,rank\na,,b,c,1,1,1,1,1,1\n",
       "the files are of different kinds: old.csv is host kernels (perfmodel bench), new.csv is "
       "accuracy"},
  };
  for (const auto& c : cases) {
    const auto r = diff_of(c.before, c.now, c.options);
    EXPECT_NE(r.problems.find(c.message), std::string::npos) << c.message << "\n" << r.problems;
  }
}

TEST(Compare, ManyProblemsAreShownUpToANumberThatSomebodyReads) {
  std::string text = "id,x\n";
  for (int i = 0; i < 100; ++i) text += "a\n";
  const auto r = diff_of(text, "id,x\na,1\n");
  EXPECT_EQ(std::count(r.problems.begin(), r.problems.end(), '\n'), 21);
  EXPECT_NE(r.problems.find("old.csv:22:1: and 80 more problems"), std::string::npos) << r.problems;
}

/// Rows with duplicate ratios, missing values and verdicts.
std::vector<std::string> random_rows(unsigned seed, unsigned drop) {
  std::mt19937 random(seed);
  std::vector<std::string> rows;
  for (unsigned i = 0; i < 60; ++i) {
    const auto value = [&](const char* none) {
      const auto v = random() % 12;
      return v == 0 ? std::string(none) : fmt::format("{}", v);
    };
    const auto x = value(""), y = value("nan");
    if (i % 7 == drop) continue;
    rows.push_back(fmt::format("r{},g{},{},{},{}\n", i, i % 3, x, y,
                               random() % 4 == 0 ? "infeasible" : "feasible"));
  }
  return rows;
}

std::string file_of(const std::vector<std::string>& rows) {
  std::string s = "id,group,x_ms,y,verdict\n";
  for (const auto& r : rows) s += r;
  return s;
}

TEST(CompareProperty, AFileAgainstItselfIsAllOnes) {
  const auto text = file_of(random_rows(1, 9));
  const auto r = diff_of(text, text);
  EXPECT_TRUE(r.c.failures.empty());
  EXPECT_EQ(r.c.joined, 60u);
  EXPECT_EQ(r.c.metrics.size(), 2u);
  for (const auto& m : r.c.metrics) {
    EXPECT_EQ(m.lowest.ratio, 1);
    EXPECT_EQ(m.highest.ratio, 1);
    EXPECT_EQ(m.median, 1);
    EXPECT_EQ(m.outside() + m.changed, 0u);
  }
  EXPECT_TRUE(r.c.texts.empty());
}

TEST(CompareProperty, SwappingTheFilesInvertsTheRatios) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto a = file_of(random_rows(seed, 1)), b = file_of(random_rows(seed + 100, 2));
    const auto r = diff_of(a, b), back = diff_of(b, a);
    EXPECT_EQ(r.c.joined, back.c.joined);
    EXPECT_EQ(r.c.only_old.count, back.c.only_new.count);
    for (const auto& m : r.c.metrics) {
      const auto& w = back.metric(m.name);
      EXPECT_EQ(m.rows, w.rows);
      EXPECT_DOUBLE_EQ(m.lowest.ratio, 1 / w.highest.ratio);
      EXPECT_DOUBLE_EQ(m.highest.ratio, 1 / w.lowest.ratio);
      EXPECT_EQ(m.changed, w.changed);
    }
    ASSERT_EQ(r.c.texts.size(), 1u);
    EXPECT_EQ(r.c.texts[0].changed, back.c.texts[0].changed);
  }
}

/// All of a comparison but the lines, which follow the rows.
std::string said(const Comparison& c) {
  std::string s;
  for (const auto& m : c.metrics)
    s += fmt::format("{} {} {} {} {} {} {} {} {}\n", m.name, m.rows, m.median, m.lowest.ratio,
                     m.lowest.place.key, m.highest.ratio, m.highest.place.key, m.outside(),
                     m.changed);
  for (const auto& m : c.metrics)
    for (const auto& x : m.changes) s += x.place.key + x.before + x.now + "\n";
  for (const auto& t : c.texts)
    for (const auto& x : t.changes) s += x.place.key + x.before + x.now + "\n";
  for (const auto* rows : {&c.only_old, &c.only_new})
    for (const auto& p : rows->places) s += p.key + "\n";
  for (const auto& f : c.failures) s += f + "\n";
  return s;
}

TEST(CompareProperty, TheOrderOfRowsChangesNothing) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    auto a = random_rows(seed, 1), b = random_rows(seed + 100, 2);
    const auto before = said(diff_of(file_of(a), file_of(b)).c);
    std::mt19937 random(seed);
    std::shuffle(a.begin(), a.end(), random);
    std::shuffle(b.begin(), b.end(), random);
    EXPECT_EQ(said(diff_of(file_of(a), file_of(b)).c), before);
  }
}

}  // namespace
}  // namespace perfmodel::diff
