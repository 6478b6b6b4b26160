#include "units/unit_table.hpp"

#include <array>
#include <map>
#include <utility>

#include "units/money.hpp"

namespace perfmodel {
namespace {

struct PrefixFactor {
  std::string_view symbol;
  double factor;
};
constexpr std::array kLarge = {PrefixFactor{"k", 1e3},  PrefixFactor{"M", 1e6},
                               PrefixFactor{"G", 1e9},  PrefixFactor{"T", 1e12},
                               PrefixFactor{"P", 1e15}, PrefixFactor{"E", 1e18}};
constexpr std::array kSmall = {PrefixFactor{"p", 1e-12}, PrefixFactor{"n", 1e-9},
                               PrefixFactor{"u", 1e-6}, PrefixFactor{"m", 1e-3}};
constexpr std::array kBinary = {PrefixFactor{"Ki", 0x1p10}, PrefixFactor{"Mi", 0x1p20},
                                PrefixFactor{"Gi", 0x1p30}, PrefixFactor{"Ti", 0x1p40},
                                PrefixFactor{"Pi", 0x1p50}, PrefixFactor{"Ei", 0x1p60}};
constexpr std::array kWords = {PrefixFactor{"thousand", 1e3}, PrefixFactor{"million", 1e6},
                               PrefixFactor{"billion", 1e9}, PrefixFactor{"trillion", 1e12}};

struct BaseUnit {
  std::string_view name;
  DimExponents dimension;
  double factor;
  bool large, small, binary, per_second;
};
template <class Q>
constexpr DimExponents dimension_of() {
  return exponents_of<typename Q::dimension>();
}
constexpr double kMinute = 60.0;
constexpr std::array kBaseUnits = {
    BaseUnit{"B", dimension_of<Bytes>(), 1.0, true, false, true, true},
    BaseUnit{"bit", dimension_of<Bits>(), 1.0, true, false, false, true},
    BaseUnit{"FLOP", dimension_of<Ops>(), 1.0, true, false, false, true},
    BaseUnit{"OP", dimension_of<Ops>(), 1.0, true, false, false, true},
    BaseUnit{"Hz", dimension_of<Frequency>(), 1.0, true, false, false, false},
    BaseUnit{"W", dimension_of<Power>(), 1.0, true, false, false, false},
    BaseUnit{"J", dimension_of<Energy>(), 1.0, true, true, false, false},
    BaseUnit{"Wh", dimension_of<Energy>(), kHour, true, false, false, false},
    BaseUnit{"USD", dimension_of<Usd>(), 1.0, true, false, false, true},
    BaseUnit{"CNY", dimension_of<Cny>(), 1.0, true, false, false, true},
    BaseUnit{"ns", dimension_of<Time>(), 1e-9, false, false, false, false},
    BaseUnit{"us", dimension_of<Time>(), 1e-6, false, false, false, false},
    BaseUnit{"ms", dimension_of<Time>(), 1e-3, false, false, false, false},
    BaseUnit{"s", dimension_of<Time>(), 1.0, false, false, false, false},
    BaseUnit{"min", dimension_of<Time>(), kMinute, false, false, false, false},
    BaseUnit{"h", dimension_of<Time>(), kHour, false, false, false, false},
    BaseUnit{"year", dimension_of<Time>(), kYear, false, false, false, false},
};

struct Named {
  std::string_view base;  // name without prefix
  bool per_second;
  Unit unit;
};
using Table = std::map<std::string, Named, std::less<>>;

Table build_table() {
  Table table;
  for (const auto& b : kBaseUnits) {
    const auto add = [&](std::string_view symbol, double factor, UnitPrefix prefix) {
      table.emplace(std::string(symbol) + std::string(b.name),
                    Named{b.name, b.per_second, {b.dimension, b.factor * factor, prefix}});
    };
    add("", 1.0, UnitPrefix::none);
    if (b.large) {
      for (const auto& p : kLarge) add(p.symbol, p.factor, UnitPrefix::decimal);
    }
    if (b.small) {
      for (const auto& p : kSmall) add(p.symbol, p.factor, UnitPrefix::decimal);
    }
    if (b.binary) {
      for (const auto& p : kBinary) add(p.symbol, p.factor, UnitPrefix::binary);
    }
  }
  return table;
}

const Table& table() {
  static const Table t = build_table();
  return t;
}

std::optional<Unit> find_single(std::string_view name) {
  const auto it = table().find(name);
  if (it == table().end()) return std::nullopt;
  return it->second.unit;
}

// What a dimension is shown in: one named unit, perhaps per second.
struct Display {
  DimExponents dimension;
  std::string_view name, explanation;
  std::string_view unit, suffix;
  std::string_view decimal_examples, binary_examples;
};
constexpr std::array kDisplays = {
    Display{dimension_of<Ops>(), "operation count", "FLOP or OP", "FLOP", "", "GFLOP or TFLOP", ""},
    Display{dimension_of<Bytes>(), "size", "bytes", "B", "", "MB or GB", "KiB or MiB"},
    Display{dimension_of<Bits>(), "size in bits", "", "bit", "", "Mbit or Gbit", ""},
    Display{dimension_of<Time>(), "time", "", "s", "", "us, ms or s", ""},
    Display{dimension_of<Energy>(), "energy", "", "J", "", "J or kWh", ""},
    Display{dimension_of<Usd>(), "price in US dollars", "", "USD", "", "USD", ""},
    Display{dimension_of<Cny>(), "price in yuan", "", "CNY", "", "CNY", ""},
    Display{dimension_of<OpRate>(), "compute rate", "operations per second", "FLOP", "/s",
            "TFLOP/s or TOP/s", ""},
    Display{dimension_of<Bandwidth>(), "bandwidth", "bytes per second", "B", "/s", "GB/s or TB/s",
            "GiB/s or TiB/s"},
    Display{dimension_of<BitRate>(), "bit rate", "bits per second", "bit", "/s", "Gbit/s", ""},
    Display{dimension_of<Frequency>(), "frequency", "", "Hz", "", "MHz or GHz", ""},
    Display{dimension_of<Power>(), "power", "", "W", "", "W or kW", ""},
    Display{kNoDimension, "plain number", "", "", "", "million or billion", ""},
};

const Display* display_of(const DimExponents& dimension) {
  for (const auto& d : kDisplays) {
    if (d.dimension == dimension) return &d;
  }
  return nullptr;
}

// "USD/J", "B^2/s": base units over base units, for dimensions without a name of their own.
std::string composed_unit(const DimExponents& dimension) {
  constexpr std::array<std::string_view, 7> names = {"FLOP", "B", "bit", "s", "J", "USD", "CNY"};
  std::string over, under;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int e = dimension[i];
    if (e == 0) continue;
    std::string& side = e > 0 ? over : under;
    if (!side.empty()) side += "*";
    side += names[i];
    if (const int power = e > 0 ? e : -e; power > 1) side += "^" + std::to_string(power);
  }
  if (under.empty()) return over;
  return (over.empty() ? "1" : over) + "/" + under;
}

}  // namespace

std::optional<Unit> find_unit(std::string_view name) {
  for (const auto& w : kWords) {
    if (name == w.symbol) return Unit{kNoDimension, w.factor, UnitPrefix::none};
  }
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return find_single(name);
  const auto over = find_single(name.substr(0, slash));
  const auto under = find_single(name.substr(slash + 1));
  if (!over || !under) return std::nullopt;
  Unit unit = *over;
  for (std::size_t i = 0; i < unit.dimension.size(); ++i) unit.dimension[i] -= under->dimension[i];
  unit.factor /= under->factor;
  if (unit.prefix == UnitPrefix::none) unit.prefix = under->prefix;
  return unit;
}

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const auto& [name, named] : table()) {
      out.push_back(name);
      if (named.per_second) out.push_back(name + "/s");
    }
    for (const auto& w : kWords) out.emplace_back(w.symbol);
    return out;
  }();
  return names;
}

std::vector<Rung> unit_ladder(const DimExponents& dimension, UnitPrefix prefix) {
  if (dimension == kNoDimension) {
    // Thousands stay bare: "131072" reads better than "131.1 thousand".
    std::vector<Rung> rungs = {{1.0, ""}};
    for (const auto& w : kWords) {
      if (w.factor > 1e3) rungs.push_back({w.factor, std::string(w.symbol)});
    }
    return rungs;
  }
  if (dimension == dimension_of<Time>()) {
    return {{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}, {1.0, "s"}, {kYear, "year"}};
  }
  // Nobody reads dollars by the second or the joule.
  if (dimension == dimension_of<UsdRate>()) return {{1.0 / kHour, "USD/h"}};
  if (dimension == dimension_of<EnergyPrice>()) return {{1.0 / kKilowattHour, "USD/kWh"}};
  const auto* display = display_of(dimension);
  if (display == nullptr) return {{1.0, composed_unit(dimension)}};
  std::map<double, std::string> rungs;
  for (const auto& [name, named] : table()) {
    const bool fits = named.unit.prefix == UnitPrefix::none || named.unit.prefix == prefix;
    if (named.base == display->unit && fits) {
      rungs[named.unit.factor] = name + std::string(display->suffix);
    }
  }
  std::vector<Rung> out;
  for (const auto& [factor, name] : rungs) out.push_back({factor, name});
  return out;
}

std::string short_dimension_name(const DimExponents& dimension) {
  if (const auto* d = display_of(dimension)) return std::string(d->name);
  return "quantity in " + composed_unit(dimension);
}

std::string dimension_name(const DimExponents& dimension) {
  const auto* d = display_of(dimension);
  const std::string name = short_dimension_name(dimension);
  if (d == nullptr || d->explanation.empty()) return name;
  return name + " (" + std::string(d->explanation) + ")";
}

std::string example_units(const DimExponents& dimension, Prefixes prefixes) {
  const auto* d = display_of(dimension);
  if (d == nullptr) return composed_unit(dimension);
  const bool binary = prefixes == Prefixes::binary && !d->binary_examples.empty();
  return std::string(binary ? d->binary_examples : d->decimal_examples);
}

}  // namespace perfmodel
