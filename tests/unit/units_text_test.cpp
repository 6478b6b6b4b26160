#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <locale>
#include <string>
#include <tuple>

#include "units/literals.hpp"
#include "units/text.hpp"

namespace perfmodel {
namespace {

using namespace literals;

template <class Q>
double base_of(std::string_view text, Prefixes prefixes = Prefixes::either) {
  const auto r = parse<Q>(text, prefixes);
  if (const auto* e = std::get_if<UnitError>(&r)) {
    ADD_FAILURE() << e->message << " (" << e->hint << ")";
    return std::nan("");
  }
  return std::get<Q>(r).base();
}

// "message | hint", or "accepted".
template <class Q>
std::string error_of(std::string_view text, Prefixes prefixes = Prefixes::either) {
  const auto r = parse<Q>(text, prefixes);
  const auto* e = std::get_if<UnitError>(&r);
  return e == nullptr ? "accepted" : e->message + " | " + e->hint;
}
template <class Q>
std::string hint_of(std::string_view text, Prefixes prefixes = Prefixes::either) {
  const auto r = parse<Q>(text, prefixes);
  const auto* e = std::get_if<UnitError>(&r);
  return e == nullptr ? "accepted" : e->hint;
}

TEST(ParseQuantity, ReadsTheUnitsOfTheSchema) {
  EXPECT_EQ(base_of<Bandwidth>("3.2 TB/s"), 3.2e12);
  EXPECT_EQ(base_of<Bandwidth>("392 GB/s"), 392e9);
  EXPECT_EQ(base_of<Bytes>("5 B"), 5.0);
  EXPECT_EQ(base_of<Bytes>("5 kB"), 5e3);
  EXPECT_EQ(base_of<Bytes>("64 GiB"), 64.0 * 1073741824.0);
  EXPECT_EQ(base_of<Bytes>("2 TiB"), 2.0 * 1099511627776.0);
  EXPECT_EQ(base_of<Bytes>("1.5 EB"), 1.5e18);
  EXPECT_EQ(base_of<Bits>("8 Gbit"), 8e9);
  EXPECT_EQ(base_of<BitRate>("400 Gbit/s"), 4e11);
  EXPECT_EQ(base_of<OpRate>("707.8 TFLOP/s"), 707.8 * 1e12);
  EXPECT_EQ(base_of<OpRate>("1415.6 TOP/s"), 1415.6 * 1e12);
  EXPECT_EQ(base_of<Ops>("2 GFLOP"), 2e9);
  EXPECT_EQ(base_of<Frequency>("1.8 GHz"), 1.8e9);
  EXPECT_EQ(base_of<Power>("559 kW"), 559e3);
  EXPECT_EQ(base_of<Energy>("3 kWh"), 3.0 * 3.6e6);
  EXPECT_EQ(base_of<Energy>("20 Wh"), 72000.0);
  EXPECT_EQ(base_of<Energy>("4 pJ"), 4.0 * 1e-12);
  EXPECT_EQ(base_of<Usd>("28500 USD"), 28500.0);
  EXPECT_EQ(base_of<Cny>("70 kCNY"), 70000.0);
  EXPECT_EQ(base_of<Time>("0.5 us"), 0.5 * 1e-6);
  EXPECT_EQ(base_of<Time>("50 ms"), 50.0 * 1e-3);
  EXPECT_EQ(base_of<Time>("18 ns"), 18.0 * 1e-9);
  EXPECT_EQ(base_of<Time>("2 min"), 120.0);
  EXPECT_EQ(base_of<Time>("1.5 h"), 5400.0);
  EXPECT_EQ(base_of<Count>("384"), 384.0);
  EXPECT_EQ(base_of<Count>("671 billion"), 671e9);
  EXPECT_EQ(base_of<Count>("1.2 trillion"), 1.2e12);
  EXPECT_EQ(base_of<Count>("3 thousand"), 3000.0);
  EXPECT_EQ(base_of<Count>("3 million"), 3e6);
}

TEST(ParseQuantity, ReadsOneUnitOverAnother) {
  using PricePerEnergy = Quantity<DimQuotient<Usd::dimension, Energy::dimension>>;
  EXPECT_DOUBLE_EQ(base_of<PricePerEnergy>("0.36 USD/kWh"), 1e-7);
  using PricePerTime = Quantity<DimQuotient<Usd::dimension, Time::dimension>>;
  EXPECT_DOUBLE_EQ(base_of<PricePerTime>("7.2 USD/h"), 0.002);
}

TEST(ParseQuantity, ToleratesSpacingAndNumberForms) {
  EXPECT_EQ(base_of<Bandwidth>("  3.2TB/s\t"), 3.2e12);
  EXPECT_EQ(base_of<Bandwidth>("3.2e0   TB/s"), 3.2e12);
  EXPECT_EQ(base_of<Bytes>("1EB"), 1e18);
  EXPECT_EQ(base_of<Time>("+5 s"), 5.0);
  EXPECT_EQ(base_of<Time>("-5 s"), -5.0);
  EXPECT_EQ(base_of<Time>(".5 s"), 0.5);
}

TEST(ParseQuantity, KeepsTheNumberAsWritten) {
  const auto r = parse_quantity("3.2 TB/s", exponents_of<Bandwidth::dimension>());
  const auto& p = std::get<ParsedQuantity>(r);
  EXPECT_EQ(p.number, 3.2);
  EXPECT_EQ(p.factor, 1e12);
  EXPECT_EQ(p.unit, "TB/s");
}

TEST(ParseQuantity, RefusesWhatIsNoNumber) {
  EXPECT_EQ(error_of<Bandwidth>(""),
            "'' is not a number with a unit | write a number with a unit such as GB/s or TB/s");
  EXPECT_EQ(error_of<Count>("many"), "'many' is not a number | ");
  for (const char* text : {"nan s", "NaN", "inf s", "-inf s", ".inf s", ".NaN", "Infinity s"}) {
    EXPECT_EQ(error_of<Time>(text), "'" + std::string(text) + "' is not a finite number | ");
  }
  EXPECT_EQ(error_of<Time>("1e999 s"), "'1e999 s' is out of range | ");
  EXPECT_EQ(error_of<Bytes>("1e300 EB"), "'1e300 EB' is out of range | ");
  EXPECT_NE(error_of<Time>("+-5 s"), "accepted");
  EXPECT_NE(error_of<Time>("--5 s"), "accepted");
  EXPECT_NE(error_of<Time>("0x10 s"), "accepted");
}

TEST(ParseQuantity, RefusesDigitSeparators) {
  for (const char* text : {"1,000 GB", "3,2 GB", "1_000 GB", "1'000 GB"}) {
    EXPECT_EQ(hint_of<Bytes>(text), "write the decimal point as '.' and digits without separators");
  }
}

TEST(ParseQuantity, AsksForTheUnit) {
  EXPECT_EQ(error_of<Bandwidth>("3.2"),
            "'3.2' has no unit, expected bandwidth (bytes per second) | "
            "write 3.2 with a unit such as GB/s or TB/s");
  EXPECT_EQ(hint_of<Bytes>("192", Prefixes::binary), "write 192 with a unit such as KiB or MiB");
}

TEST(ParseQuantity, GuessesMisspelledUnits) {
  EXPECT_EQ(hint_of<OpRate>("989 TFLOPS"), "write 989 TFLOP/s");
  EXPECT_EQ(hint_of<OpRate>("989 TFLOPs"), "write 989 TFLOP/s");
  EXPECT_EQ(hint_of<OpRate>("989 TFlop/s"), "write 989 TFLOP/s");
  EXPECT_EQ(hint_of<OpRate>("989 TOPS"), "write 989 TOP/s");
  EXPECT_EQ(hint_of<OpRate>("989 tflops/s"), "write 989 TFLOP/s");
  EXPECT_EQ(hint_of<Ops>("2 GFLOPs"), "write 2 GFLOP");
  EXPECT_EQ(hint_of<Bandwidth>("50 GBps"), "write 50 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("50 GBs"), "write 50 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("50 GB/sec"), "write 50 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("50 GBytes/s"), "write 50 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("50 GB per second"), "write 50 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("50 TB / s"), "write 50 TB/s");
  EXPECT_EQ(hint_of<BitRate>("50 Gbits/s"), "write 50 Gbit/s");
  EXPECT_EQ(hint_of<Bytes>("50 KB"), "write 50 kB");
  EXPECT_EQ(hint_of<Bytes>("50 gib"), "write 50 GiB");
  EXPECT_EQ(hint_of<Time>("5 msec"), "write 5 ms");
  EXPECT_EQ(hint_of<Time>("5 seconds"), "write 5 s");
  EXPECT_EQ(hint_of<Time>("5 \u00b5s"), "write 5 us");
  EXPECT_EQ(hint_of<Power>("700 watts"), "write 700 W");
  EXPECT_EQ(hint_of<Usd>("5 $"), "write 5 USD");
  EXPECT_EQ(hint_of<Cny>("5 RMB"), "write 5 CNY");
  EXPECT_EQ(hint_of<Count>("671 B"), "write 671 billion");
  EXPECT_EQ(hint_of<Count>("671M"), "write 671 million");
  EXPECT_EQ(hint_of<Count>("85 %"), "write 0.85");
  EXPECT_EQ(hint_of<Time>("5 fortnights"), "time is written with a unit such as us, ms or s");
}

TEST(ParseQuantity, RefusesTheAmbiguousSmallB) {
  EXPECT_EQ(error_of<BitRate>("400 Gb/s"),
            "'400 Gb/s' has an unknown unit 'Gb/s' | write 400 Gbit/s or 400 GB/s");
  EXPECT_EQ(hint_of<Bandwidth>("400 Gbps"), "write 400 Gbit/s or 400 GB/s");
  EXPECT_EQ(hint_of<Bytes>("400 Mb"), "write 400 Mbit or 400 MB");
  EXPECT_EQ(hint_of<Bytes>("400 gb"), "write 400 Gbit or 400 GB");
}

TEST(ParseQuantity, ConvertsBitsAndBytesInTheHintOnly) {
  EXPECT_EQ(error_of<Bandwidth>("400 Gbit/s"),
            "'400 Gbit/s' is a bit rate, expected bandwidth (bytes per second) | write 50 GB/s");
  EXPECT_EQ(hint_of<BitRate>("50 GB/s"), "write 400 Gbit/s");
  EXPECT_EQ(hint_of<Bytes>("8 Gbit"), "write 1 GB");
}

TEST(ParseQuantity, NamesTheWrongDimension) {
  EXPECT_EQ(error_of<Bandwidth>("50 ms"),
            "'50 ms' is a time, expected bandwidth (bytes per second) | "
            "bandwidth is written with a unit such as GB/s or TB/s");
  EXPECT_EQ(error_of<Power>("5 kWh").substr(0, 31), "'5 kWh' is an energy, expected ");
  EXPECT_EQ(error_of<Time>("5 billion").substr(0, 32), "'5 billion' is a plain number, e");
  EXPECT_EQ(error_of<Usd>("5 CNY").substr(0, 27), "'5 CNY' is a price in yuan,");
  EXPECT_EQ(error_of<Bandwidth>("5 GB").substr(0, 24), "'5 GB' is a size, expect");
}

TEST(ParseQuantity, AdmitsTheFieldsOwnPrefixesOnly) {
  EXPECT_EQ(error_of<Bandwidth>("3 TiB/s", Prefixes::decimal),
            "'3 TiB/s' has a binary prefix, expected a decimal one | write 3.299 TB/s");
  EXPECT_EQ(error_of<Bytes>("192 MB", Prefixes::binary),
            "'192 MB' has a decimal prefix, expected a binary one | "
            "write 183.1 MiB, or 192 MiB if that was meant");
  EXPECT_EQ(hint_of<Bytes>("1 kB", Prefixes::binary), "write 1000 B, or 1 KiB if that was meant");
  EXPECT_EQ(base_of<Bytes>("192 MiB", Prefixes::binary), 192.0 * 1048576.0);
  EXPECT_EQ(base_of<Bytes>("7 B", Prefixes::binary), 7.0);
  EXPECT_EQ(base_of<Bytes>("7 B", Prefixes::decimal), 7.0);
  EXPECT_EQ(base_of<Bytes>("7 GB", Prefixes::either), 7e9);
  EXPECT_EQ(base_of<OpRate>("7 TFLOP/s", Prefixes::binary), 7e12);
}

TEST(ParseQuantity, KeepsHostileTextOutOfMessages) {
  const std::string error = error_of<Time>("5 \x1b[31m" + std::string(100000, 'x'));
  EXPECT_LT(error.size(), 400u);
  EXPECT_EQ(error.find('\x1b'), std::string::npos);
}

TEST(DimensionName, NamesTheNamedAndComposesTheRest) {
  EXPECT_EQ(dimension_name(exponents_of<Bandwidth::dimension>()), "bandwidth (bytes per second)");
  EXPECT_EQ(dimension_name(exponents_of<Time::dimension>()), "time");
  EXPECT_EQ(dimension_name(exponents_of<Dimensionless>()), "plain number");
  using PerByte = DimQuotient<Ops::dimension, Bytes::dimension>;
  EXPECT_EQ(dimension_name(exponents_of<PerByte>()), "quantity in FLOP/B");
}

TEST(FormatQuantity, ChoosesThePrefix) {
  EXPECT_EQ(format(3.2_TBps), "3.2 TB/s");
  EXPECT_EQ(format(707.8_TFLOPps), "707.8 TFLOP/s");
  EXPECT_EQ(format(49.4_ms), "49.4 ms");
  EXPECT_EQ(format(128_GB), "128 GB");
  EXPECT_EQ(format(400_Gbitps), "400 Gbit/s");
  EXPECT_EQ(format(Usd::from_base(28500)), "28.5 kUSD");
  EXPECT_EQ(format(Time::from_base(7200)), "7200 s");
  EXPECT_EQ(format(Energy::from_base(0.35)), "350 mJ");
  EXPECT_EQ(format(Count::from_base(671e9)), "671 billion");
  EXPECT_EQ(format(Count::from_base(49152), 6), "49152");
  EXPECT_EQ(format(Count::from_base(0.85)), "0.85");
  EXPECT_EQ(format(Frequency::from_base(1.8e9)), "1.8 GHz");
  EXPECT_EQ(format(512_B), "512 B");
  EXPECT_EQ(format(2_GFLOP / 4_GB * 1_s), "0.5 FLOP*s/B");
}

TEST(FormatQuantity, RoundsToDigitsWithoutExponents) {
  EXPECT_EQ(format(123456_B, 2), "120 kB");
  EXPECT_EQ(format(123456_B, 1), "100 kB");
  EXPECT_EQ(format(999.96_GB), "1 TB");
  EXPECT_EQ(format(999.94_GB), "999.9 GB");
  EXPECT_EQ(format(999.99996_ms), "1 s");
  EXPECT_EQ(format(1.0_us), "1 us");
}

TEST(FormatQuantity, CoversTheEdges) {
  EXPECT_EQ(format(0_GB), "0 B");
  EXPECT_EQ(format(0_ms), "0 s");
  EXPECT_EQ(format(-3_GB), "-3 GB");
  EXPECT_EQ(format(Time::infinity()), "inf");
  EXPECT_EQ(format(-Time::infinity()), "-inf");
  EXPECT_EQ(format(Time::from_base(std::nan(""))), "nan");
}

template <class Q>
void expect_round_trip(int digits) {
  const double tolerance = 0.5001 * std::pow(10.0, 1 - digits);
  for (double magnitude = -12; magnitude <= 24; magnitude += 0.173) {
    for (const double sign : {1.0, -1.0}) {
      const double value = sign * std::pow(10.0, magnitude);
      const std::string text = format(Q::from_base(value), digits);
      EXPECT_NEAR(base_of<Q>(text) / value, 1.0, tolerance) << text;
    }
  }
}
template <class... Q>
void expect_round_trips(std::tuple<Q...>) {
  for (const int digits : {2, 4, 6, 12}) (expect_round_trip<Q>(digits), ...);
}

TEST(FormatQuantity, RoundTripsOverMagnitudesAndDimensions) {
  using FlopPerByte = Quantity<DimQuotient<Ops::dimension, Bytes::dimension>>;
  expect_round_trips(std::tuple<Count, Ops, Bytes, Bits, Time, Energy, Usd, Cny, OpRate, Bandwidth,
                                BitRate, Frequency, Power, FlopPerByte>{});
}

TEST(FormatQuantity, KeepsTheNumberBetweenOneAndAThousand) {
  for (double magnitude = -9; magnitude < 2.995; magnitude += 0.01) {
    const std::string text = format(Time::from_base(std::pow(10.0, magnitude)));
    const double number = std::stod(text);
    EXPECT_GE(number, 1.0) << text;
    EXPECT_LT(number, 1000.0) << text;
  }
}

// What de_DE does to numbers, without needing the system to have that locale.
struct CommaNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Locale, NeitherParsingNorFormattingFollowsIt) {
  const std::locale before = std::locale::global(std::locale(std::locale(), new CommaNumbers));
  const char* system = std::setlocale(LC_ALL, "de_DE.UTF-8");  // null where it is not installed
  EXPECT_EQ(base_of<Bandwidth>("3.2 TB/s"), 3.2e12);
  EXPECT_EQ(format(1.5_TBps), "1.5 TB/s");
  EXPECT_EQ(format(Count::from_base(123456), 6), "123456");
  EXPECT_NE(error_of<Bandwidth>("3,2 TB/s"), "accepted");
  if (system != nullptr) std::setlocale(LC_ALL, "C");
  std::locale::global(before);
}

}  // namespace
}  // namespace perfmodel
