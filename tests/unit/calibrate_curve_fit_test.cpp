// Curves from timings that are made up from known curves.
#include <deque>

#include <gtest/gtest.h>

#include "calibrate/curve_report.hpp"
#include "cli/family_yaml.hpp"
#include "cli/measurements.hpp"
#include "sanitized.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::calibrate {
namespace {

const Site& site(const std::string& chip) {
  static cli::CatalogLibrary library(test::catalog(), true);
  return **library.site(chip, 1);
}

/// Products on two chips of one family and one of another, timed by known curves.
class Made : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& p : curve_parameters(0)) truth_.push_back(p.prior);
    truth_[index("wide")] = 0.72;
    truth_[index("stream")] = 0.86;
    truth_[index("start")] = 5.5e-6;
    for (const char* chip : {"h100", "h200", "a100"}) add_products(chip, "good", 1.0);
  }

  static std::size_t index(std::string_view name) {
    const auto& all = curve_parameters(0);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].name == name) return i;
    throw std::out_of_range("no such parameter");
  }

  hw::KernelCurves truth(const std::string& chip) const {
    hw::KernelCurves k;
    set_curve(k, 0, truth_);
    k.core_rate.emplace();
    k.core_rate->value = *core_rate(site(chip == "h200" ? "h100" : chip).chip);
    return k;
  }

  void add_products(const std::string& chip, const std::string& source, double slower) {
    for (const double m : {1.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0})
      for (const double n : {512.0, 1536.0, 4096.0, 12288.0})
        for (const double k : {1024.0, 4096.0, 14336.0}) {
          auto& t = rows_.emplace_back();
          t.source = source;
          t.chip = chip;
          t.op = OperatorKind::gemm;
          t.dtype = spec::Compute::bf16;
          t.weights = spec::Storage::bf16;
          t.m = m;
          t.n = n;
          t.k = k;
          t.time = test::us(1);
          auto p = *express_operator(t, site(chip));
          t.time = price(bare_machine(site(chip), truth(chip), 1), p) * slower;
          p.row = &t;
          points_.push_back(p);
        }
  }

  std::vector<const OperatorPoint*> all() const {
    std::vector<const OperatorPoint*> v;
    for (const auto& p : points_) v.push_back(&p);
    return v;
  }

  CurveValues truth_;
  std::deque<OperatorTiming> rows_;
  std::deque<OperatorPoint> points_;
};

TEST_F(Made, KnownCurvesAreRecovered) {
  const auto f = fit_curves(all());
  for (const char* family : {"hopper", "ampere"})
    for (const char* name : {"wide", "stream", "start"}) {
      const auto i = index(name);
      // The table's own factor takes a part of what the start is off its prior.
      const double allowed = std::string_view(name) == "start" ? 0.1 : 0.03;
      EXPECT_NEAR(f.families.at(family)[0].values[i] / truth_[i], 1.0, allowed) << family << name;
      EXPECT_GT(f.families.at(family)[0].information[i], 1.0) << family << name;
    }
  EXPECT_LT(f.spread, 0.02);
}

TEST_F(Made, RowsSayNothingOfTypesThatTheyLack) {
  const auto f = fit_curves(all());
  const auto i = index("fp4");
  EXPECT_DOUBLE_EQ(f.families.at("hopper")[0].information[i], 0.0);
  EXPECT_NEAR(f.families.at("hopper")[0].values[i], curve_parameters(0)[i].prior, 1e-6);
}

TEST_F(Made, AnotherKernelsTableIsSetAsideAndBendsNothing) {
  const auto before = fit_curves(all());
  add_products("h100", "stalled", 4.0);
  const auto after = fit_curves(all());
  for (const auto& [name, s] : after.series)
    EXPECT_EQ(s.aside, name.find("stalled") != std::string::npos) << name;
  for (std::size_t i = 0; i < truth_.size(); ++i)
    EXPECT_NEAR(
        after.families.at("hopper")[0].values[i] / before.families.at("hopper")[0].values[i], 1.0,
        0.01);
}

TEST_F(Made, ALeftOutChipIsPredictedFromTheOthers) {
  const auto points = all();
  const auto f = fit_curves(points);
  const auto rows = curve_errors(points, f, LeftOut::chip);
  int seen = 0;
  for (const auto& r : rows) {
    if (r.chip != "h200") continue;
    ++seen;
    EXPECT_EQ(r.left_out.count, r.fitted.count);
    EXPECT_LT(r.left_out.median, 0.03) << r.slice;
  }
  EXPECT_EQ(seen, 2);  // below and above 64 rows
}

TEST_F(Made, TheSameRowsGiveTheSameFigures) {
  const auto a = fit_curves(all());
  const auto b = fit_curves(all());
  EXPECT_EQ(a.families.at("hopper")[0].values, b.families.at("hopper")[0].values);
}

TEST_F(Made, MoreBandwidthOrPeakIsNeverSlower) {
  auto quick = site("h100");
  quick.chip.memory_bandwidth->value *= 1.5;
  auto strong = site("h100");
  for (auto& peak : strong.chip.matrix)
    if (peak) peak->value *= 1.5;
  const auto curves = truth("h100");
  for (const auto& p : points_) {
    const auto plain = price(bare_machine(site("h100"), curves, 1), p);
    EXPECT_LE(price(bare_machine(quick, curves, 1), p), plain);
    EXPECT_LE(price(bare_machine(strong, curves, 1), p), plain);
  }
}

constexpr std::string_view kText =
    "schema: 1\n"
    "family: hopper  # kept\n"
    "kernels:\n"
    "  gemm:\n"
    "    wide: {value: 0.1, grade: derived, source: operators}\n"
    "    fp4: {value: 0.2, grade: assumed, note: \"first guess\"}\n"
    "    start: {value: 9 us, grade: derived, source: lab}\n"
    "assumed:\n"
    "  scale_up: {value: 1 GB/s, grade: assumed}\n"
    "sources:\n"
    "  operators: {title: \"before\"}\n"
    "  lab: {title: \"a laboratory\"}\n";

TEST_F(Made, AFamilyFileKeepsWhatOtherSourcesGave) {
  const auto f = fit_curves(all());
  const cli::CurveBlock block{&f.families.at("hopper"), f.core_rates.at("hopper"), f.spread, "now",
                              false};
  const auto text = cli::with_curves(std::string(kText), block);
  EXPECT_NE(text.find("family: hopper  # kept\n"), std::string::npos);
  EXPECT_NE(text.find("    start: {value: 9 us, grade: derived, source: lab}\n"),
            std::string::npos);
  EXPECT_NE(text.find("    wide: {value: 0.72"), std::string::npos) << text;
  EXPECT_EQ(text.find("first guess"), std::string::npos);
  EXPECT_EQ(text.find("before"), std::string::npos);
  EXPECT_NE(text.find("  lab: {title: \"a laboratory\"}\n"), std::string::npos);
  EXPECT_EQ(text.find("  link:"), std::string::npos);  // nothing was measured of it
  EXPECT_EQ(cli::with_curves(text, block), text);
}

TEST_F(Made, AShapeLeftOutIsPredictedByTheOthers) {
  if (kSanitized) GTEST_SKIP() << "a fit for each shape, by code that other tests run too";
  const auto f = fit_curves(all());
  const auto without = left_out_pairs(all(), f, LeftOut::shape);
  ASSERT_EQ(without.size(), points_.size());
  for (std::size_t i = 0; i < without.size(); ++i) {
    EXPECT_DOUBLE_EQ(without[i].measured, points_[i].row->time.base());
    // The rows follow the curves, so that one shape less is no loss.
    EXPECT_NEAR(without[i].predicted / without[i].measured, 1.0, 0.1);
  }
  // A row that is wrong does not help its own prediction.
  rows_.front().time *= 3.0;
  const auto spoilt = left_out_pairs(all(), fit_curves(all()), LeftOut::shape);
  EXPECT_NEAR(spoilt.front().predicted / spoilt.front().measured, 1.0 / 3.0, 0.05);
}

/// Products of weights that are stored narrower than they are multiplied, as a processor's kernels
/// do them: slower to read where several rows make them be widened first.
class Widening : public ::testing::Test {
 protected:
  static constexpr double kWiden = 0.4;

  void SetUp() override {
    CurveValues truth;
    for (const auto& p : curve_parameters(0, true)) truth.push_back(p.prior);
    truth.back() = kWiden;
    hw::KernelCurves curves;
    set_curve(curves, 0, truth);
    for (const auto weights : {spec::Storage::bf16, spec::Storage::fp8})
      for (const double m : {1.0, 4.0, 16.0, 128.0})
        for (const double n : {1024.0, 4096.0, 16384.0}) {
          auto& t = rows_.emplace_back();
          t.source = "mine";
          t.chip = "host";
          t.dtype = spec::Compute::bf16;
          t.weights = weights;
          t.m = m;
          t.n = n;
          t.k = 4096;
          auto p = *express_operator(t, site("host"));
          t.time = price(bare_machine(site("host"), curves, 1), p);
          p.row = &t;
          points_.push_back(p);
        }
    for (const auto& p : points_) all_.push_back(&p);
  }

  std::deque<OperatorTiming> rows_;
  std::deque<OperatorPoint> points_;
  std::vector<const OperatorPoint*> all_;
};

TEST_F(Widening, IsFoundWhereTheFitAsksForIt) {
  CurveFitOptions options;
  options.widen = true;
  const auto f = fit_curves(all_, options);
  const auto& c = f.families.at("host")[0];
  ASSERT_EQ(c.values.size(), curve_parameters(0).size() + 1);
  EXPECT_EQ(parameters_of(0, c.values).back().name, "widen");
  EXPECT_NEAR(c.values.back(), kWiden, 0.04);
  EXPECT_GT(c.information.back(), 1.0);
  EXPECT_FALSE(fit_curves(all_).curves_of("host").classes[0].widen);
}

TEST_F(Widening, SlowsProductsOfSeveralRowsAlone) {
  const auto machine = [&](double widen) {
    auto m = bare_machine(site("host"), {}, 1);
    m.curve[0].widen = widen;
    return m;
  };
  for (const auto& p : points_) {
    const bool slower = p.row->weights == spec::Storage::fp8 && p.row->m > 1;
    const double ratio = price(machine(0.5), p) / price(machine(1.0), p);
    EXPECT_EQ(ratio > 1.0, slower) << p.row->m << name_of(*p.row->weights);
  }
}

TEST(HostFamily, BringsItsOwnExponent) {
  const auto& host = site("host");
  ASSERT_TRUE(host.family.sharpness);
  EXPECT_EQ(bare_machine(host, {}, 1).sharpness, *host.family.sharpness);
  EXPECT_FALSE(site("h100").family.sharpness);
}

}  // namespace
}  // namespace perfmodel::calibrate
