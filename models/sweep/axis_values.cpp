#include "sweep/axis_values.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::sweep {
namespace {

using spec::MapReader;
using spec::Need;
using spec::Node;

/// The scalars of a value that is one or a list of them; others are reported.
std::vector<const Node*> scalars(MapReader& map, const Node& node, const std::string& path) {
  std::vector<const Node*> r;
  const auto take = [&](const Node& n, const std::string& at) {
    if (n.kind == Node::Kind::scalar && !n.scalar.empty())
      r.push_back(&n);
    else
      map.context().problem(n.mark, at,
                            fmt::format("is {}, expected a word", spec::kind_name(n.kind)));
  };
  if (node.kind != Node::Kind::sequence) {
    take(node, path);
    return r;
  }
  if (node.items.empty())
    map.context().problem(node.mark, path, "has no values", "leave the axis out, or name one");
  for (std::size_t i = 0; i < node.items.size(); ++i)
    take(node.items[i], spec::joined_path(path, std::to_string(i)));
  return r;
}

class Numbers {
 public:
  Numbers(MapReader& map, const NumberRule& rule) : map_(map), rule_(rule) {}

  void read(const Node& node, const std::string& path) {
    if (node.kind == Node::Kind::map) return range(node, path);
    if (node.kind != Node::Kind::sequence) return number(node, path);
    if (node.items.empty())
      map_.context().problem(node.mark, path, "has no values", "leave the axis out, or name one");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const auto& item = node.items[i];
      const auto at = spec::joined_path(path, std::to_string(i));
      if (item.kind == Node::Kind::map)
        range(item, at);
      else
        number(item, at);
    }
  }

  std::vector<double> take() { return std::move(values_); }

 private:
  void number(const Node& node, const std::string& path) {
    const auto scan = node.kind == Node::Kind::scalar ? scan_entire(node.scalar) : NumberScan{};
    if (scan.status != NumberScan::Status::ok) {
      const auto what = node.kind == Node::Kind::scalar ? quoted(node.scalar)
                                                        : std::string(spec::kind_name(node.kind));
      map_.context().problem(node.mark, path, fmt::format("{} is not a number", what),
                             "a number, a list, or {from: 1, to: 256, step: 1}");
      return;
    }
    add(scan.value, node.mark, path);
  }

  void range(const Node& node, const std::string& path) {
    MapReader r(node, path, map_.context());
    const auto from = r.number("from", Need::required, rule_.min, rule_.max);
    const auto to = r.number("to", Need::required, rule_.min, rule_.max);
    const auto step = r.number("step", Need::optional, 0, rule_.max);
    const auto times = r.number("times", Need::optional, 0, rule_.max);
    r.finish();
    if (!from || !to) return;
    const auto complain = [&](std::string what, std::string hint) {
      map_.context().problem(node.mark, path, std::move(what), std::move(hint));
    };
    if (step.has_value() == times.has_value())
      return complain("a range needs one of step and times", "{from: 1, to: 256, step: 1}");
    if (*to < *from) return complain("the range ends before it begins", "");
    if ((step && *step <= 0) || (times && (*times <= 1 || *from <= 0)))
      return complain("the range does not grow", "a step above 0, or times above 1");
    double v = *from;
    // A step of 0.1 does not quite add up to what was meant.
    const double end = *to * (1 + 1e-12);
    for (std::size_t i = 1; v <= end; ++i) {
      if (!add(std::min(v, *to), node.mark, path)) return;
      v = step ? *from + *step * static_cast<double>(i) : v * *times;
    }
  }

  bool add(double v, spec::Mark mark, const std::string& path) {
    const auto complain = [&](std::string what, std::string hint = {}) {
      map_.context().problem(mark, path, std::move(what), std::move(hint));
      return false;
    };
    if (!(v >= rule_.min && v <= rule_.max))
      return complain(fmt::format("{} is not between {} and {}", v, rule_.min, rule_.max));
    if (rule_.whole && v != std::floor(v))
      return complain(fmt::format("{} is not a whole number", v));
    if (values_.size() == kMaxValues)
      return complain(fmt::format("the axis has more than {} values", kMaxValues));
    if (!seen_.insert(v).second) return complain(fmt::format("{} is there twice", v));
    values_.push_back(v);
    return true;
  }

  MapReader& map_;
  const NumberRule& rule_;
  std::vector<double> values_;
  std::set<double> seen_;
};

}  // namespace

std::vector<Word> read_words(MapReader& map, std::string_view key, std::string_view otherwise) {
  const auto* node = map.value(key, otherwise.empty() ? Need::required : Need::optional);
  if (node == nullptr) return {{std::string(otherwise), map.mark()}};
  std::vector<Word> r;
  std::set<std::string_view> seen;
  for (const auto* n : scalars(map, *node, map.child(key))) {
    if (!seen.insert(n->scalar).second)
      map.context().problem(n->mark, map.child(key),
                            fmt::format("{} is there twice", quoted(n->scalar)));
    r.push_back({n->scalar, n->mark});
  }
  return r;
}

std::vector<double> read_numbers(MapReader& map, std::string_view key, const NumberRule& rule,
                                 std::vector<double> otherwise) {
  const auto* node = map.value(key, otherwise.empty() ? Need::required : Need::optional);
  if (node == nullptr) return otherwise;
  Numbers numbers(map, rule);
  numbers.read(*node, map.child(key));
  return numbers.take();
}

}  // namespace perfmodel::sweep
