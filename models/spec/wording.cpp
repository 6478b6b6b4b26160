#include "spec/wording.hpp"

#include "units/number.hpp"

namespace perfmodel::spec {

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "empty";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return {};
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& known) {
  return nearest_hint(word, known, known.empty() ? std::string() : "one of " + joined(known));
}

std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& known,
                         std::string otherwise) {
  if (const std::string near = nearest(word, known); !near.empty())
    return "did you mean " + quoted(near) + "?";
  return otherwise;
}

std::string joined_path(std::string_view parent, std::string_view key) {
  if (parent.empty()) return std::string(key);
  return std::string(parent) + "." + std::string(key);
}

}  // namespace perfmodel::spec
