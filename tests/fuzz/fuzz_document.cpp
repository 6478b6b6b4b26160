// Any bytes at all through the parser, the overrides and the readers. Nothing may crash, hang or
// leave the limits; a text without diagnostics must be valid under them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "negative/gadget.hpp"
#include "spec/document.hpp"
#include "spec/reader.hpp"

namespace {

using perfmodel::spec::Diagnostics;
using perfmodel::spec::Limits;
using perfmodel::spec::Node;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Walk {
  std::size_t nodes = 0, bytes = 0;
  int depth = 0;
};
void walk(const Node& node, int depth, Walk& total) {
  ++total.nodes;
  total.bytes += node.scalar.size();
  total.depth = depth > total.depth ? depth : total.depth;
  for (const auto& item : node.items) walk(item, depth + 1, total);
  for (const auto& [key, value] : node.entries) {
    require(key.kind == Node::Kind::scalar);
    require(node.find(key.scalar) == &value);  // keys are unique
    walk(value, depth + 1, total);
  }
}

void require_one_line_each(const Diagnostics& diagnostics) {
  const std::string text = diagnostics.to_string();
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  require(lines == diagnostics.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Limits limits;
  limits.bytes = 1u << 16;
  limits.nodes = 2000;
  Diagnostics diagnostics;
  auto document = perfmodel::spec::parse_document(text, "fuzz.yaml", diagnostics, limits);
  Walk total;
  walk(document.root, 0, total);
  require(total.nodes <= limits.nodes && total.bytes <= limits.bytes &&
          total.depth <= limits.depth);
  perfmodel::test::read_gadget(document, diagnostics);
  require_one_line_each(diagnostics);

  // The first line once more, as an override.
  const auto line = text.substr(0, text.find('\n'));
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return 0;
  perfmodel::spec::apply_override(document, line.substr(0, equals), line.substr(equals + 1),
                                  diagnostics);
  perfmodel::test::read_gadget(document, diagnostics);
  require_one_line_each(diagnostics);
  return 0;
}
