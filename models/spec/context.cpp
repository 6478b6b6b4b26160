#include <fmt/format.h>

#include <algorithm>

#include "spec/date.hpp"
#include "spec/messages.hpp"
#include "spec/reader.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {
namespace {

constexpr std::string_view kSourcesKey = "sources";

bool any_overridden(const Node& node) {
  const auto& entries = node.entries;
  return node.overridden || std::any_of(node.items.begin(), node.items.end(), any_overridden) ||
         std::any_of(entries.begin(), entries.end(),
                     [](const auto& entry) { return any_overridden(entry.second); });
}

}  // namespace

Context::Context(const Document& document, std::string root_path, Diagnostics& diagnostics)
    : document_(&document), root_path_(std::move(root_path)), diagnostics_(&diagnostics) {}

void Context::problem(Mark mark, std::string path, std::string message, std::string hint) const {
  // What has no place in the file came from the command line.
  diagnostics_->add({mark.line == 0 ? "--set" : document_->file, mark, std::move(path),
                     std::move(message), std::move(hint)});
}

void Context::use_source(const std::string& id, Mark mark, const std::string& path) {
  const bool known = std::any_of(declared_.begin(), declared_.end(),
                                 [&](const auto& declared) { return declared.first == id; });
  if (known) {
    used_.insert(id);
    return;
  }
  std::vector<std::string_view> ids;
  for (const auto& declared : declared_) ids.push_back(declared.first);
  std::string hint = nearest_hint(id, ids);
  if (hint.empty()) hint = "declare it under " + std::string(kSourcesKey);
  problem(mark, path, fmt::format(message::undeclared_source, quoted(id)), std::move(hint));
}

std::vector<Source> Context::read_sources() {
  sources_read_ = true;
  std::vector<Source> out;
  const Node* sources = document_->root.find(kSourcesKey);
  if (sources == nullptr) return out;
  MapReader map(*sources, std::string(kSourcesKey), *this);
  for (const auto& [key, value] : sources->entries) {
    const std::string path = joined_path(kSourcesKey, key.scalar);
    declared_.emplace_back(key.scalar, key.mark);
    MapReader reader(value, path, *this);
    Source source;
    source.id = key.scalar;
    source.title = reader.text("title", Need::required).value_or("");
    source.url = reader.text("url", Need::optional).value_or("");
    source.date = reader.text("date", Need::optional).value_or("");
    if (!source.date.empty() && !is_date(source.date)) {
      problem(value.find("date")->mark, joined_path(path, "date"),
              fmt::format(message::bad_date, quoted(source.date)), std::string(kDateHint));
    }
    reader.finish();
    out.push_back(std::move(source));
  }
  return out;
}

bool Context::reads(const Node& map, std::string_view key) const {
  return sources_read_ && &map == &document_->root && key == kSourcesKey;
}

bool Context::overridden() const {
  return any_overridden(document_->root);
}

void Context::finish() {
  if (overridden()) return;
  for (const auto& [id, mark] : declared_) {
    if (used_.contains(id)) continue;
    problem(mark, joined_path(kSourcesKey, id), fmt::format(message::unused_source, quoted(id)),
            "name it in a figure or remove it");
  }
}

}  // namespace perfmodel::spec
