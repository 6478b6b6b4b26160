// Builds a Node tree out of YAML events, under limits. The tree never holds more than the limits
// allow, whatever the input, because they are checked as events arrive.
#pragma once

#include <yaml-cpp/eventhandler.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/document.hpp"

namespace perfmodel::spec {

class TreeBuilder : public YAML::EventHandler {
 public:
  /// Thrown, after its diagnostic, to end a parse that cannot go on.
  struct Stop {};

  TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics,
              const Limits& limits);

  /// What was read, complete or not.
  Node take_root();
  /// Position in the text, counted in characters as editors do.
  Mark mark_at(const YAML::Mark& mark) const;
  void problem(Mark mark, std::string message, std::string hint = {}) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Frame {  // an open list or map
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;                       // a map's key that waits for its value
    bool drop_value = false;                       // that key was refused
    std::map<std::string, int, std::less<>> seen;  // keys and their lines
  };
  struct Size {
    std::size_t nodes = 0, bytes = 0;
    int depth = 0;
  };
  struct Anchored {
    Node node;
    Size size;
  };

  static Size size_of(const Node& node);
  [[noreturn]] void stop(Mark mark, std::string message, std::string hint = {}) const;
  void charge(Mark mark, const Size& size);
  void check_tag(Mark mark, const std::string& tag, Node::Kind kind) const;
  void open(Mark mark, Node::Kind kind, YAML::anchor_t anchor);
  void close();
  void complete(Node node, YAML::anchor_t anchor);
  void attach(Node node);
  void take_key(Frame& frame, Node key);

  std::string_view text_;
  const std::string& file_;
  Diagnostics* diagnostics_;
  Limits limits_;
  Size used_;
  std::size_t aliases_ = 0;
  int documents_ = 0;
  Node root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
};

}  // namespace perfmodel::spec
