#include <fmt/format.h>

#include <optional>

#include "spec/document.hpp"
#include "spec/messages.hpp"
#include "spec/utf8.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {
namespace {

class Override {
 public:
  Override(std::string_view path, std::string_view value, Diagnostics& diagnostics)
      : path_(path), value_(value), diagnostics_(&diagnostics) {}

  void apply(Node& root) {
    const auto parts = split();
    if (!parts) return;
    if (find_invalid_utf8(value_) != std::string_view::npos) {
      return problem(std::string(message::bad_override_text));
    }
    Node* node = &root;
    for (std::size_t i = 0; i < parts->size(); ++i) {
      const bool last = i + 1 == parts->size();
      if (is_figure(*node)) {
        // "memory.bandwidth.value" says the same as "memory.bandwidth".
        if (last && (*parts)[i] == "value") break;
        return problem(fmt::format(message::through_figure, quoted(walked_)), "set " + walked_);
      }
      node = step(*node, (*parts)[i]);
      if (node == nullptr) return;
    }
    assign(*node);
  }

 private:
  static bool is_figure(const Node& node) { return node.find("value") != nullptr; }

  static Node scalar(std::string text) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.scalar = std::move(text);
    node.overridden = true;
    return node;
  }

  void problem(std::string text, std::string hint = {}) {
    diagnostics_->add({"--set", {}, std::string(path_), std::move(text), std::move(hint)});
  }

  std::optional<std::vector<std::string>> split() {
    std::vector<std::string> parts;
    std::string_view rest = path_;
    while (true) {
      const auto dot = rest.find('.');
      parts.emplace_back(rest.substr(0, dot));
      const bool bad =
          parts.back().empty() || parts.size() > static_cast<std::size_t>(Limits{}.depth);
      if (bad || find_invalid_utf8(parts.back()) != std::string_view::npos) {
        diagnostics_->add({"--set",
                           {},
                           "",
                           fmt::format(message::bad_path, quoted(path_)),
                           "write it like memory.bandwidth or tiers.1.latency"});
        return std::nullopt;
      }
      if (dot == std::string_view::npos) return parts;
      rest.remove_prefix(dot + 1);
    }
  }

  // One level down; null, after a diagnostic, when there is no way.
  Node* step(Node& node, const std::string& part) {
    using Kind = Node::Kind;
    Node* next = nullptr;
    if (node.kind == Kind::scalar) {
      problem(fmt::format(message::through_scalar, quoted(walked_)));
    } else if (node.kind == Kind::sequence) {
      next = item(node, part);
    } else {
      if (node.kind == Kind::null) {
        node.kind = Kind::map;
        node.overridden = true;
        node.mark = {};
      }
      next = entry(node, part);
    }
    walked_ += (walked_.empty() ? "" : ".") + part;
    return next;
  }

  Node* item(Node& node, const std::string& part) {
    const auto index = entire_number<std::size_t>(part);
    if (index && *index < node.items.size()) return &node.items[*index];
    const std::size_t count = node.items.size();
    problem(fmt::format(message::no_such_item, quoted(part), count),
            count == 0 ? "" : fmt::format("items are counted from 0 to {}", count - 1));
    return nullptr;
  }

  static Node* entry(Node& node, const std::string& part) {
    for (auto& [key, value] : node.entries) {
      if (key.scalar == part) return &value;
    }
    node.entries.emplace_back(scalar(part), Node{});
    return &node.entries.back().second;
  }

  void assign(Node& node) {
    if (is_figure(node)) return assign_figure(node);
    if (node.kind == Node::Kind::map || node.kind == Node::Kind::sequence) {
      const bool map = node.kind == Node::Kind::map;
      return problem(fmt::format(message::set_container, map ? "a map" : "a list"),
                     map ? "set one of its keys" : "set one of its items, counted from 0");
    }
    node = scalar(std::string(value_));
  }

  void assign_figure(Node& node) {
    const Node* before = node.find("value");
    std::string note = "set on the command line";
    if (node.overridden) {
      if (const Node* old = node.find("note")) note = old->scalar;  // still names the file's value
    } else if (before->kind == Node::Kind::scalar) {
      note += "; the file says " + before->scalar;
    }
    Node figure;
    figure.kind = Node::Kind::map;
    figure.overridden = true;
    figure.entries.emplace_back(scalar("value"), scalar(std::string(value_)));
    figure.entries.emplace_back(scalar("grade"), scalar(std::string(name_of(Grade::assumed))));
    figure.entries.emplace_back(scalar("note"), scalar(std::move(note)));
    node = std::move(figure);
  }

  std::string_view path_, value_;
  std::string walked_;
  Diagnostics* diagnostics_;
};

}  // namespace

void apply_override(Document& document, std::string_view path, std::string_view value,
                    Diagnostics& diagnostics) {
  Override(path, value, diagnostics).apply(document.root);
}

}  // namespace perfmodel::spec
