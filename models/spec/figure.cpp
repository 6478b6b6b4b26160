#include "spec/figure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "spec/messages.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"
#include "units/unit_table.hpp"

namespace perfmodel::spec {
namespace {

std::string bounds_hint(double value, const FigureRule& rule) {
  if (rule.min != 0.0) return {};
  if (value < 0.0) return "write the magnitude";
  return value == 0.0 ? "leave out what is unknown" : "";
}

// The problem with a value in base units, empty if there is none.
std::string bounds_problem(double value, const std::string& written, const DimExponents& dim,
                           const FigureRule& rule) {
  if (value < rule.min || (value == rule.min && rule.min_exclusive)) {
    if (rule.min == 0.0) {
      return fmt::format(fmt::runtime(value < 0.0 ? message::negative : message::not_positive),
                         quoted(written));
    }
    return fmt::format(message::below_minimum, quoted(written), format_quantity(rule.min, dim));
  }
  if (value > rule.max) {
    return fmt::format(message::above_maximum, quoted(written), format_quantity(rule.max, dim));
  }
  return {};
}

class FigureReader {
 public:
  FigureReader(const Node& node, const std::string& path, Context& context, const DimExponents& dim,
               const FigureRule& rule)
      : node_(node),
        path_(path),
        context_(context),
        dim_(dim),
        rule_(rule),
        map_(node, path, context) {}

  Sourced<double> read() {
    Sourced<double> figure;
    figure.overridden = node_.overridden;
    const auto value = read_value();
    if (value) figure.value = figure.low = figure.high = value->number * value->factor;
    read_range(value, figure);
    figure.note = map_.text("note", Need::optional).value_or("");
    const auto grade = read_grade();
    figure.sources = map_.source_ids("source");
    read_claims(value, figure);
    if (grade) {
      figure.grade = *grade;
      check_support(figure);
    }
    map_.finish();
    return figure;
  }

 private:
  std::string child(std::string_view key) const { return joined_path(path_, key); }

  std::optional<std::string> required_text(std::string_view key, std::string hint) {
    const bool present = map_.has(key);
    if (!present && node_.kind == Node::Kind::map) {
      context_.problem(node_.mark, path_, fmt::format(message::missing_key, quoted(key)),
                       std::move(hint));
    }
    return map_.text(key, present ? Need::required : Need::optional);
  }

  std::optional<ParsedQuantity> read_value() {
    if (!required_text("value", "add value: NUMBER UNIT")) return std::nullopt;
    return checked_quantity(*node_.find("value"), child("value"), context_, dim_, rule_);
  }

  void read_range(const std::optional<ParsedQuantity>& value, Sourced<double>& figure) {
    const auto bounds = map_.texts("range", Need::optional);
    const Node* range = node_.find("range");
    if (range == nullptr || range->kind != Node::Kind::sequence) return;
    const std::string path = child("range");
    if (range->items.size() != 2) {
      return context_.problem(range->mark, path,
                              fmt::format(message::range_size, range->items.size()),
                              "write [low, high]");
    }
    if (bounds.size() != 2 || !value) return;
    const auto low = read_bound(range->items[0], *value),
               high = read_bound(range->items[1], *value);
    if (!low || !high) return;
    if (*low > *high) {
      return context_.problem(range->mark, path, std::string(message::range_swapped),
                              fmt::format("write [{}, {}]", *high, *low));
    }
    if (value->number < *low || value->number > *high) {
      return context_.problem(range->mark, path,
                              fmt::format(message::range_outside, *low, *high, value->number),
                              "widen the range or correct the value");
    }
    figure.low = *low * value->factor;
    figure.high = *high * value->factor;
  }

  // What single sources say, by their ids, in the unit of the value. A range narrower than their
  // disagreement would claim to know more than they do.
  void read_claims(const std::optional<ParsedQuantity>& value, Sourced<double>& figure) {
    const auto map = map_.map("claims", Need::optional);
    if (!map || !value) return;
    const Node* claims = node_.find("claims");
    for (const auto& [key, node] : claims->entries) {
      const auto path = joined_path(child("claims"), key.scalar);
      context_.use_source(key.scalar, key.mark, path);
      if (node.kind != Node::Kind::scalar) {
        context_.problem(
            node.mark, path,
            fmt::format(message::wrong_kind, kind_name(node.kind), kind_name(Node::Kind::scalar)));
        continue;
      }
      const auto number =
          plain_number(node, path, context_,
                       value->unit.empty() ? "" : "claims are bare numbers, in " + value->unit);
      if (!number) continue;
      const double claim = *number * value->factor;
      if (claim < figure.low || claim > figure.high)
        context_.problem(node.mark, path,
                         fmt::format(message::claim_outside, quoted(key.scalar), *number,
                                     figure.low / value->factor, figure.high / value->factor),
                         "widen the range, or leave out what is not of the same thing");
      figure.claims.push_back(
          {key.scalar, value->unit.empty() ? node.scalar : node.scalar + " " + value->unit});
    }
  }

  // In the unit of the value.
  std::optional<double> read_bound(const Node& node, const ParsedQuantity& value) {
    const std::string path = child("range");
    const std::string hint = value.unit.empty() ? "" : "bounds are bare numbers, in " + value.unit;
    const auto number = plain_number(node, path, context_, hint);
    if (!number) return std::nullopt;
    const auto problem = bounds_problem(*number * value.factor, node.scalar, dim_, rule_);
    if (problem.empty()) return number;
    context_.problem(node.mark, path, problem, bounds_hint(*number, rule_));
    return std::nullopt;
  }

  std::optional<Grade> read_grade() {
    const std::vector<std::string_view> names(kGradeNames.begin(), kGradeNames.end());
    const auto word = required_text("grade", "one of " + joined(names));
    if (!word) return std::nullopt;
    const auto it = std::find(kGradeNames.begin(), kGradeNames.end(), *word);
    if (it != kGradeNames.end()) return static_cast<Grade>(it - kGradeNames.begin());
    context_.problem(node_.find("grade")->mark, child("grade"),
                     fmt::format(message::unknown_grade, quoted(*word)),
                     nearest_hint(*word, names));
    return std::nullopt;
  }

  // What a figure must bring along, by its grade.
  void check_support(const Sourced<double>& figure) {
    if (figure.overridden) return;
    if (figure.grade != Grade::assumed) {
      if (figure.sources.empty() && !has_text("source")) {
        context_.problem(node_.mark, path_,
                         fmt::format(message::no_source, quoted(name_of(figure.grade))),
                         "add source: ID, declared under sources, or grade it assumed");
      }
      return;
    }
    if (node_.find("range") == nullptr) {
      context_.problem(node_.mark, path_, std::string(message::assumed_range),
                       "add range: [low, high]");
    }
    if (node_.find("note") == nullptr) {
      context_.problem(node_.mark, path_, std::string(message::assumed_note), "add note: REASON");
    }
  }

  // A source that is there but wrong has been reported already; an empty list has not.
  bool has_text(std::string_view key) const {
    const Node* node = node_.find(key);
    if (node == nullptr) return false;
    return node->kind != Node::Kind::sequence || !node->items.empty();
  }

  const Node& node_;
  const std::string& path_;
  Context& context_;
  const DimExponents& dim_;
  const FigureRule& rule_;
  MapReader map_;
};

void refuse_bare(const Node& node, const std::string& path, const Context& context,
                 const DimExponents& dim, const FigureRule& rule) {
  const bool complete =
      std::holds_alternative<ParsedQuantity>(parse_quantity(node.scalar, dim, rule.prefixes));
  const std::string hint =
      complete
          ? fmt::format("write {{value: {}, grade: GRADE, source: ID}}", node.scalar)
          : fmt::format(
                "write {{value: NUMBER UNIT, grade: GRADE, source: ID}} with a unit such as {}",
                example_units(dim, rule.prefixes));
  context.problem(node.mark, path, fmt::format(message::bare_figure, quoted(node.scalar)), hint);
}

}  // namespace

std::optional<double> plain_number(const Node& node, const std::string& path,
                                   const Context& context, const std::string& hint) {
  const auto scan = scan_entire(node.scalar);
  switch (scan.status) {
    case NumberScan::Status::ok:
      return scan.value;
    case NumberScan::Status::not_a_number:
      context.problem(node.mark, path, fmt::format(message::not_number, quoted(node.scalar)), hint);
      break;
    case NumberScan::Status::not_finite:
    case NumberScan::Status::out_of_range:
      context.problem(node.mark, path, fmt::format(message::not_finite, quoted(node.scalar)));
      break;
  }
  return std::nullopt;
}

std::optional<ParsedQuantity> checked_quantity(const Node& node, const std::string& path,
                                               const Context& context, const DimExponents& dim,
                                               const FigureRule& rule) {
  auto result = parse_quantity(node.scalar, dim, rule.prefixes);
  if (auto* error = std::get_if<UnitError>(&result)) {
    context.problem(node.mark, path, std::move(error->message), std::move(error->hint));
    return std::nullopt;
  }
  auto& parsed = std::get<ParsedQuantity>(result);
  const auto problem = bounds_problem(parsed.number * parsed.factor, node.scalar, dim, rule);
  if (!problem.empty()) {
    context.problem(node.mark, path, problem, bounds_hint(parsed.number, rule));
    return std::nullopt;
  }
  return std::move(parsed);
}

Sourced<double> read_figure(const Node& node, const std::string& path, Context& context,
                            const DimExponents& dim, const FigureRule& rule) {
  if (node.kind != Node::Kind::scalar) return FigureReader(node, path, context, dim, rule).read();
  Sourced<double> figure;
  if (!node.overridden) {
    refuse_bare(node, path, context, dim, rule);
    return figure;
  }
  // A figure that the file does not have, supplied on the command line.
  if (const auto parsed = checked_quantity(node, path, context, dim, rule)) {
    figure.value = figure.low = figure.high = parsed->number * parsed->factor;
    figure.note = "set on the command line";
    figure.overridden = true;
  }
  return figure;
}

}  // namespace perfmodel::spec
