#include "spec/tree_builder.hpp"

#include <fmt/format.h>
#include <yaml-cpp/mark.h>

#include <algorithm>
#include <array>

#include "spec/messages.hpp"
#include "spec/utf8.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {

TreeBuilder::TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                         const Limits& limits)
    : text_(text), file_(file), diagnostics_(&diagnostics), limits_(limits) {
  root_.mark = {1, 1};
}

Node TreeBuilder::take_root() {
  // After a stop, lists and maps are still open: what they hold is kept.
  while (!frames_.empty()) {
    Node node = std::move(frames_.back().node);
    frames_.pop_back();
    attach(std::move(node));
  }
  return std::move(root_);
}

Mark TreeBuilder::mark_at(const YAML::Mark& mark) const {
  if (mark.is_null()) return {1, 1};
  // The library counts bytes.
  const auto position = static_cast<std::size_t>(mark.pos),
             column = static_cast<std::size_t>(mark.column);
  if (position > text_.size() || column > position) return {mark.line + 1, mark.column + 1};
  const auto characters = count_characters(text_.substr(position - column, column));
  return {mark.line + 1, static_cast<int>(characters) + 1};
}

void TreeBuilder::problem(Mark mark, std::string message, std::string hint) const {
  diagnostics_->add({file_, mark, "", std::move(message), std::move(hint)});
}

void TreeBuilder::stop(Mark mark, std::string message, std::string hint) const {
  problem(mark, std::move(message), std::move(hint));
  throw Stop{};
}

TreeBuilder::Size TreeBuilder::size_of(const Node& node) {
  Size total{1, node.scalar.size(), 1};
  const auto add = [&](const Node& child) {
    const Size s = size_of(child);
    total = {total.nodes + s.nodes, total.bytes + s.bytes, std::max(total.depth, s.depth + 1)};
  };
  for (const auto& item : node.items) add(item);
  for (const auto& [key, value] : node.entries) {
    add(key);
    add(value);
  }
  return total;
}

void TreeBuilder::charge(Mark mark, const Size& size) {
  used_.nodes += size.nodes;
  used_.bytes += size.bytes;
  if (used_.nodes > limits_.nodes) stop(mark, fmt::format(message::too_many_nodes, limits_.nodes));
  if (used_.bytes > limits_.bytes) stop(mark, fmt::format(message::too_much_text, limits_.bytes));
  if (static_cast<int>(frames_.size()) + size.depth > limits_.depth + 1) {
    stop(mark, fmt::format(message::too_deep, limits_.depth));
  }
}

void TreeBuilder::check_tag(Mark mark, const std::string& tag, Node::Kind kind) const {
  using Kind = Node::Kind;
  struct Core {
    std::string_view tag;
    Kind kind;
  };
  constexpr std::array core = {
      Core{"tag:yaml.org,2002:str", Kind::scalar},   Core{"tag:yaml.org,2002:int", Kind::scalar},
      Core{"tag:yaml.org,2002:float", Kind::scalar}, Core{"tag:yaml.org,2002:bool", Kind::scalar},
      Core{"tag:yaml.org,2002:seq", Kind::sequence}, Core{"tag:yaml.org,2002:map", Kind::map}};
  if (tag.empty() || tag == "?" || tag == "!") return;  // none, plain, quoted
  const bool known = std::any_of(core.begin(), core.end(),
                                 [&](const Core& c) { return c.tag == tag && c.kind == kind; });
  if (!known) problem(mark, fmt::format(message::unknown_tag, quoted(tag)), "remove the tag");
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ > 1) {
    stop(mark_at(mark), std::string(message::several_documents), "one file holds one document");
  }
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  Node node;
  node.mark = mark_at(mark);
  // The library places a missing value at whatever comes next; its key is the better place.
  if (!frames_.empty() && frames_.back().key) node.mark = frames_.back().key->mark;
  charge(node.mark, {1, 0, 1});
  complete(std::move(node), anchor);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Mark at = mark_at(mark);
  if (++aliases_ > limits_.aliases)
    stop(at, fmt::format(message::too_many_aliases, limits_.aliases));
  const auto it = anchors_.find(anchor);
  if (it == anchors_.end()) {
    problem(at, std::string(message::unfinished_anchor));
    Node hole;
    hole.mark = at;
    complete(std::move(hole), 0);
    return;
  }
  charge(at, it->second.size);
  Node copy = it->second.node;
  copy.mark = at;
  complete(std::move(copy), 0);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.mark = mark_at(mark);
  check_tag(node.mark, tag, node.kind);
  charge(node.mark, {1, value.size(), 1});
  node.scalar = value;
  complete(std::move(node), anchor);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  check_tag(mark_at(mark), tag, Node::Kind::sequence);
  open(mark_at(mark), Node::Kind::sequence, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  check_tag(mark_at(mark), tag, Node::Kind::map);
  open(mark_at(mark), Node::Kind::map, anchor);
}

void TreeBuilder::open(Mark mark, Node::Kind kind, YAML::anchor_t anchor) {
  if (static_cast<int>(frames_.size()) >= limits_.depth) {
    stop(mark, fmt::format(message::too_deep, limits_.depth));
  }
  charge(mark, {1, 0, 1});
  Frame frame;
  frame.node.kind = kind;
  frame.node.mark = mark;
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
}

void TreeBuilder::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  complete(std::move(frame.node), frame.anchor);
}

void TreeBuilder::complete(Node node, YAML::anchor_t anchor) {
  if (anchor != 0) {
    // The copy kept for aliases costs memory like any other, so it is charged like any other.
    const Size size = size_of(node);
    charge(node.mark, {size.nodes, size.bytes, 0});
    anchors_[anchor] = {node, size};
  }
  attach(std::move(node));
}

void TreeBuilder::attach(Node node) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == Node::Kind::sequence) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.key) {
    take_key(frame, std::move(node));
  } else {
    if (!frame.drop_value) frame.node.entries.emplace_back(std::move(*frame.key), std::move(node));
    frame.key.reset();
  }
}

void TreeBuilder::take_key(Frame& frame, Node key) {
  frame.drop_value = true;
  if (key.kind != Node::Kind::scalar) {
    problem(key.mark, std::string(message::key_not_scalar));
  } else if (key.scalar == "<<") {
    problem(key.mark, std::string(message::merge_key), "write the keys out");
  } else if (const auto [it, fresh] = frame.seen.emplace(key.scalar, key.mark.line); !fresh) {
    problem(key.mark, fmt::format(message::duplicate_key, quoted(key.scalar), it->second),
            "keep one of them");
  } else {
    frame.drop_value = false;
  }
  frame.key = std::move(key);
}

}  // namespace perfmodel::spec
