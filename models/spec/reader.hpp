// Typed reading of a map in a Document. A MapReader remembers which keys were asked for; `finish`
// reports every other key with the nearest known one as a hint. All problems go to the Context's
// Diagnostics; a value that could not be read comes back empty, and reading goes on.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/document.hpp"
#include "spec/sourced.hpp"
#include "units/text.hpp"

namespace perfmodel::spec {

enum class Need { required, optional };

/// Shared by all readers of one document: diagnostics, the file's declared sources, which were
/// used.
class Context {
 public:
  Context(const Document& document, std::string root_path, Diagnostics& diagnostics);

  const std::string& file() const { return document_->file; }
  const std::string& root_path() const { return root_path_; }  // "chip", "system", ... for origins
  Diagnostics& diagnostics() const { return *diagnostics_; }
  void problem(Mark mark, std::string path, std::string message, std::string hint = {}) const;
  void use_source(const std::string& id, Mark mark, const std::string& path);

  /// Grades of the figures read so far, those set on the command line left out.
  struct Graded {
    Grade grade;
    Mark mark;  // of the figure
    std::string path;
  };
  const std::vector<Graded>& grades() const { return grades_; }
  void note_grade(Graded g) { grades_.push_back(std::move(g)); }

  /// Reads the `sources` map of the root; call before any figure. Each needs a title; `url`, `date`
  /// optional; date is YYYY, YYYY-MM or YYYY-MM-DD.
  std::vector<Source> read_sources();
  /// Reports declared sources that no figure used; not after an override, which may have taken the
  /// figure that used one.
  void finish();
  /// Whether anything in the document came from the command line.
  bool overridden() const;
  /// True for the one key that `read_sources`, not the root's reader, answers for.
  bool reads(const Node& map, std::string_view key) const;

 private:
  const Document* document_;
  std::string root_path_;
  Diagnostics* diagnostics_;
  std::vector<std::pair<std::string, Mark>> declared_;
  std::set<std::string, std::less<>> used_;
  std::vector<Graded> grades_;
  bool sources_read_ = false;
};

/// Bounds on a figure's value and range, in base units.
struct FigureRule {
  double min = 0.0;
  bool min_exclusive = true;  // most figures are positive; latencies and shares may be zero
  double max = 1e30;
  Prefixes prefixes = Prefixes::decimal;
};

class MapReader {
 public:
  MapReader(const Node& node, std::string path, Context& context);

  bool has(std::string_view key) const;
  Mark mark() const { return node_->mark; }
  /// Where the value of a key stands; the map's own mark if the key is absent.
  Mark mark_of_value(std::string_view key) const;
  const std::string& path() const { return path_; }
  Context& context() const { return *context_; }
  std::vector<std::string> keys() const;  // in file order

  std::optional<std::string> text(std::string_view key, Need need);
  /// A plain whole number within [min, max].
  std::optional<long> integer(std::string_view key, Need need, long min, long max);
  /// A plain number within [min, max]; for shares and ratios that are choices, not figures.
  std::optional<double> number(std::string_view key, Need need, double min, double max);
  std::optional<bool> boolean(std::string_view key, Need need);
  std::vector<std::string> texts(std::string_view key, Need need);  // sequence of scalars
  /// The value itself, for keys that take several kinds of it; the caller says what is wrong with
  /// it.
  const Node* value(std::string_view key, Need need) { return get(key, need); }
  std::string child(std::string_view key) const;  // path of a key
  /// Ids of declared sources, one or a list; marks them as used.
  std::vector<std::string> source_ids(std::string_view key);
  /// One of a closed set of words; anything else is reported with the nearest.
  template <class E>
  std::optional<E> choice(std::string_view key, Need need,
                          const std::vector<std::pair<std::string_view, E>>& options) {
    std::vector<std::string_view> names;
    for (const auto& o : options) names.push_back(o.first);
    const auto index = choice_index(key, need, names);
    if (!index) return std::nullopt;
    return options[*index].second;
  }
  /// A quantity with unit that is a choice rather than a figure: an SLO, say. "50 ms".
  template <class Q>
  std::optional<Q> quantity(std::string_view key, Need need, FigureRule rule = {}) {
    const auto v = raw_quantity(key, need, exponents_of<typename Q::dimension>(), rule);
    if (!v) return std::nullopt;
    return Q::from_base(*v);
  }
  /// A figure from the world: {value: "3.2 TB/s", range: [lo, hi], grade: g, source: id | [ids],
  /// note: text}. Refuses a bare number or a bare quantity, an unknown or missing grade, a grade
  /// other than `assumed` without a source, `assumed` without range and note, an undeclared source,
  /// and a range that does not hold the value or what `claims: {source: number}` says that a source
  /// gives. Bounds and claims are numbers in the value's own unit.
  template <class Q>
  std::optional<Sourced<Q>> figure(std::string_view key, Need need, FigureRule rule = {}) {
    const auto r = raw_figure(key, need, exponents_of<typename Q::dimension>(), rule);
    if (!r) return std::nullopt;
    return Sourced<Q>{Q::from_base(r->value),
                      Q::from_base(r->low),
                      Q::from_base(r->high),
                      r->grade,
                      r->sources,
                      r->note,
                      r->origin,
                      r->overridden,
                      r->claims};
  }
  std::optional<MapReader> map(std::string_view key, Need need);
  /// A sequence of maps.
  std::vector<MapReader> maps(std::string_view key, Need need);

  /// Reports keys that nobody asked for.
  void finish();

 private:
  std::optional<std::size_t> choice_index(std::string_view key, Need need,
                                          const std::vector<std::string_view>& names);
  std::optional<double> raw_quantity(std::string_view key, Need need, const DimExponents& dim,
                                     const FigureRule& rule);
  std::optional<Sourced<double>> raw_figure(std::string_view key, Need need,
                                            const DimExponents& dim, const FigureRule& rule);
  const Node* get(std::string_view key, Need need);
  const Node* get(std::string_view key, Need need, Node::Kind kind);
  Mark mark_of(std::string_view key) const;  // where the key itself stands

  const Node* node_;
  std::string path_;
  Context* context_;
  std::set<std::string, std::less<>> asked_;
};

/// What every file has: `schema: 1`, `<kind>: <id>` (lower case, digits, '-', '.'; equal to the
/// file's stem), `name`, `aliases`.
struct Header {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
};
Header read_header(MapReader& root, std::string_view kind);

}  // namespace perfmodel::spec
