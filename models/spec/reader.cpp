#include "spec/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "spec/figure.hpp"
#include "spec/messages.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {

MapReader::MapReader(const Node& node, std::string path, Context& context)
    : node_(&node), path_(std::move(path)), context_(&context) {
  if (node.kind == Node::Kind::map) return;
  context.problem(
      node.mark, path_,
      fmt::format(message::wrong_kind, kind_name(node.kind), kind_name(Node::Kind::map)));
}

bool MapReader::has(std::string_view key) const {
  return node_->find(key) != nullptr;
}

std::vector<std::string> MapReader::keys() const {
  std::vector<std::string> out;
  for (const auto& entry : node_->entries) out.push_back(entry.first.scalar);
  return out;
}

Mark MapReader::mark_of_value(std::string_view key) const {
  const Node* value = node_->find(key);
  return value == nullptr ? node_->mark : value->mark;
}

std::string MapReader::child(std::string_view key) const {
  return joined_path(path_, key);
}

Mark MapReader::mark_of(std::string_view key) const {
  for (const auto& entry : node_->entries) {
    if (entry.first.scalar == key) return entry.first.mark;
  }
  return node_->mark;
}

const Node* MapReader::get(std::string_view key, Need need) {
  asked_.emplace(key);
  if (node_->kind != Node::Kind::map) return nullptr;  // said by the constructor
  const Node* node = node_->find(key);
  if (node == nullptr) {
    if (need == Need::required) {
      context_->problem(node_->mark, path_, fmt::format(message::missing_key, quoted(key)));
    }
    return nullptr;
  }
  if (node->kind == Node::Kind::null) {
    context_->problem(node->mark, child(key), std::string(message::no_value),
                      need == Need::optional ? "remove the key or give it a value" : "");
    return nullptr;
  }
  return node;
}

const Node* MapReader::get(std::string_view key, Need need, Node::Kind kind) {
  const Node* node = get(key, need);
  if (node == nullptr || node->kind == kind) return node;
  const bool lone = kind == Node::Kind::sequence && node->kind == Node::Kind::scalar;
  context_->problem(node->mark, child(key),
                    fmt::format(message::wrong_kind, kind_name(node->kind), kind_name(kind)),
                    lone ? fmt::format("write [{}]", node->scalar.substr(0, 40)) : "");
  return nullptr;
}

std::optional<std::string> MapReader::text(std::string_view key, Need need) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  if (node->scalar.empty()) {
    context_->problem(node->mark, child(key), std::string(message::empty_text));
    return std::nullopt;
  }
  return node->scalar;
}

std::optional<long> MapReader::integer(std::string_view key, Need need, long min, long max) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  const std::string& text = node->scalar;
  const auto complain = [&](std::string problem, std::string hint = {}) {
    context_->problem(node->mark, child(key), std::move(problem), std::move(hint));
    return std::nullopt;
  };
  long value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) {
    return complain(fmt::format(message::not_whole, quoted(text)), "write digits only");
  }
  if (error != std::errc{} || value < min || value > max) {
    return complain(fmt::format(message::out_of_bounds, quoted(text), min, max));
  }
  return value;
}

std::optional<double> MapReader::number(std::string_view key, Need need, double min, double max) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  const auto value = plain_number(*node, child(key), *context_);
  if (value && !(*value >= min && *value <= max)) {
    context_->problem(node->mark, child(key),
                      fmt::format(message::out_of_bounds, quoted(node->scalar), min, max));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> MapReader::boolean(std::string_view key, Need need) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  if (node->scalar == "true") return true;
  if (node->scalar == "false") return false;
  context_->problem(node->mark, child(key), fmt::format(message::not_boolean, quoted(node->scalar)),
                    "write true or false");
  return std::nullopt;
}

std::vector<std::string> MapReader::texts(std::string_view key, Need need) {
  const Node* node = get(key, need, Node::Kind::sequence);
  if (node == nullptr) return {};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = node->items[i];
    const std::string path = joined_path(child(key), std::to_string(i));
    if (item.kind != Node::Kind::scalar) {
      context_->problem(
          item.mark, path,
          fmt::format(message::wrong_kind, kind_name(item.kind), kind_name(Node::Kind::scalar)));
    } else if (item.scalar.empty()) {
      context_->problem(item.mark, path, std::string(message::empty_text));
    } else {
      out.push_back(item.scalar);
    }
  }
  return out;
}

std::vector<std::string> MapReader::source_ids(std::string_view key) {
  const Node* node = node_->find(key);
  std::vector<std::string> ids;
  if (node != nullptr && node->kind == Node::Kind::sequence) {
    ids = texts(key, Need::optional);
  } else if (auto id = text(key, Need::optional)) {
    ids.push_back(std::move(*id));
  }
  for (const auto& id : ids) context_->use_source(id, node->mark, child(key));
  return ids;
}

std::optional<MapReader> MapReader::map(std::string_view key, Need need) {
  const Node* node = get(key, need, Node::Kind::map);
  if (node == nullptr) return std::nullopt;
  return MapReader(*node, child(key), *context_);
}

std::vector<MapReader> MapReader::maps(std::string_view key, Need need) {
  const Node* node = get(key, need, Node::Kind::sequence);
  if (node == nullptr) return {};
  std::vector<MapReader> out;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    out.emplace_back(node->items[i], joined_path(child(key), std::to_string(i)), *context_);
  }
  return out;
}

void MapReader::finish() {
  std::vector<std::string_view> known(asked_.begin(), asked_.end());
  if (context_->reads(*node_, "sources")) known.emplace_back("sources");
  for (const auto& entry : node_->entries) {
    const std::string& key = entry.first.scalar;
    if (asked_.contains(key) || context_->reads(*node_, key)) continue;
    context_->problem(entry.first.mark, path_, fmt::format(message::unknown_key, quoted(key)),
                      nearest_hint(key, known));
  }
}

std::optional<std::size_t> MapReader::choice_index(std::string_view key, Need need,
                                                   const std::vector<std::string_view>& names) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  const auto it = std::find(names.begin(), names.end(), node->scalar);
  if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
  context_->problem(node->mark, child(key),
                    fmt::format(message::unknown_choice, quoted(node->scalar)),
                    nearest_hint(node->scalar, names));
  return std::nullopt;
}

std::optional<double> MapReader::raw_quantity(std::string_view key, Need need,
                                              const DimExponents& dim, const FigureRule& rule) {
  const Node* node = get(key, need, Node::Kind::scalar);
  if (node == nullptr) return std::nullopt;
  const auto parsed = checked_quantity(*node, child(key), *context_, dim, rule);
  if (!parsed) return std::nullopt;
  return parsed->number * parsed->factor;
}

std::optional<Sourced<double>> MapReader::raw_figure(std::string_view key, Need need,
                                                     const DimExponents& dim,
                                                     const FigureRule& rule) {
  const Node* node = get(key, need);
  if (node == nullptr) return std::nullopt;
  const std::size_t problems = context_->diagnostics().size();
  auto figure = read_figure(*node, child(key), *context_, dim, rule);
  figure.origin = {joined_path(context_->root_path(), child(key)), context_->file(), mark_of(key)};
  // A figure with any problem is no figure: half of one must not reach an answer.
  if (context_->diagnostics().size() != problems) return std::nullopt;
  if (!figure.overridden) context_->note_grade({figure.grade, node->mark, child(key)});
  return figure;
}

}  // namespace perfmodel::spec
