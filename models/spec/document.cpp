#include "spec/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>

#include "spec/messages.hpp"
#include "spec/tree_builder.hpp"
#include "spec/utf8.hpp"

namespace perfmodel::spec {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Mark mark_of_offset(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1;  // 0 when there is none
  return {static_cast<int>(lines) + 1,
          static_cast<int>(count_characters(before.substr(line_start))) + 1};
}

// Whether the text may go to the library at all.
bool admissible(std::string_view text, const Limits& limits, const TreeBuilder& builder) {
  if (text.size() > limits.bytes) {
    builder.problem({1, 1}, fmt::format(message::too_large, text.size(), limits.bytes));
    return false;
  }
  if (const auto at = text.find('\0'); at != std::string_view::npos) {
    builder.problem(mark_of_offset(text, at), std::string(message::nul_byte));
    return false;
  }
  if (const auto at = find_invalid_utf8(text); at != std::string_view::npos) {
    builder.problem(mark_of_offset(text, at), std::string(message::not_utf8),
                    "save the file as UTF-8");
    return false;
  }
  return true;
}

// The library reports a tab by what it stumbles over next, on that line or the one after.
bool tab_indents(std::string_view text, int line) {
  for (int at = 1; at <= line && !text.empty(); ++at) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    const auto indentation = text.substr(0, std::min(text.find_first_not_of(" \t"), end));
    if (at + 1 >= line && indentation.find('\t') != std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

std::string syntax_hint(const std::string& message, std::string_view text, Mark mark) {
  if (tab_indents(text, mark.line)) return "indent with spaces";
  if (message == YAML::ErrorMsg::MAP_VALUE) return "quote a text that holds ': '";
  return {};
}

void run_parser(std::string_view text, TreeBuilder& builder) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const TreeBuilder::Stop&) {
    // Its diagnostic is in the list.
  } catch (const YAML::Exception& e) {
    const Mark mark = builder.mark_at(e.mark);
    builder.problem(mark, fmt::format(message::syntax, e.msg), syntax_hint(e.msg, text, mark));
  } catch (const std::exception& e) {
    builder.problem({1, 1}, fmt::format(message::syntax, e.what()));
  }
}

}  // namespace

Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const auto& entry) { return entry.first.scalar == key; });
  return it == entries.end() ? nullptr : &it->second;
}

Document parse_document(std::string_view text, std::string file, Diagnostics& diagnostics,
                        const Limits& limits) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  TreeBuilder builder(text, file, diagnostics, limits);
  if (admissible(text, limits, builder)) run_parser(text, builder);
  Node root = builder.take_root();
  return {std::move(file), std::move(root)};
}

}  // namespace perfmodel::spec
