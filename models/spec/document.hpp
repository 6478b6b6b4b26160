// A YAML file as a tree with positions, read under limits, plus overrides from the command line.
// The only place that knows the YAML library; nothing here touches the file system.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/diagnostics.hpp"
#include "spec/sourced.hpp"

namespace perfmodel::spec {

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Mark mark;
  std::string scalar;
  bool overridden = false;                     // came from --set
  std::vector<Node> items;                     // sequence
  std::vector<std::pair<Node, Node>> entries;  // map, in file order; keys are scalars

  // Out of line, because a pair of nodes is complete only after Node is.
  Node();
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();

  const Node* find(std::string_view key) const;  // map lookup, nullptr if absent
};

/// Limits that keep hostile input cheap. An input beyond one is refused with a diagnostic.
struct Limits {
  std::size_t bytes = 1u << 20;
  int depth = 16;
  std::size_t nodes = 100'000;  // after alias expansion, so alias bombs end here
  std::size_t aliases = 64;
};

struct Document {
  std::string file;  // as shown in diagnostics
  Node root;
};

/// Parses one document. Problems (syntax, duplicate keys, non-scalar keys, several documents,
/// limits, invalid UTF-8) are added to `diagnostics`; the tree then holds what could be read.
Document parse_document(std::string_view text, std::string file, Diagnostics& diagnostics,
                        const Limits& limits = {});

/// Applies `--set path=value` ("memory.bandwidth", "4.8 TB/s"; list items by index,
/// "tiers.1.latency"). A figure ({value, ...}) keeps its shape: the value is replaced, range and
/// source fall away, the grade becomes `assumed` and the note says that it was set on the command
/// line. A missing key is created, so that an absent figure can be supplied; whether it is a known
/// key is the reader's business. A path through a scalar or a list index out of range is a
/// diagnostic.
void apply_override(Document& document, std::string_view path, std::string_view value,
                    Diagnostics& diagnostics);

}  // namespace perfmodel::spec
