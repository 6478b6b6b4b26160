#include <fmt/format.h>

#include <algorithm>

#include "spec/messages.hpp"
#include "spec/reader.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {
namespace {

constexpr std::string_view kSourcesKey = "sources";

// YYYY, YYYY-MM or YYYY-MM-DD.
bool is_date(std::string_view text) {
  constexpr std::string_view pattern = "dddd-dd-dd";
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == 'd' ? !digit(text[i]) : text[i] != '-') return false;
  }
  const auto two_digits = [&](std::size_t at) {
    return (text[at] - '0') * 10 + text[at + 1] - '0';
  };
  const auto within = [&](std::size_t at, int last) {
    return text.size() <= at || (two_digits(at) >= 1 && two_digits(at) <= last);
  };
  return within(5, 12) && within(8, 31);
}

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
              fmt::format(message::bad_date, quoted(source.date)),
              "write YYYY, YYYY-MM or YYYY-MM-DD");
    }
    reader.finish();
    out.push_back(std::move(source));
  }
  return out;
}

bool Context::reads(const Node& map, std::string_view key) const {
  return sources_read_ && &map == &document_->root && key == kSourcesKey;
}

void Context::finish() {
  if (any_overridden(document_->root)) return;
  for (const auto& [id, mark] : declared_) {
    if (used_.contains(id)) continue;
    problem(mark, joined_path(kSourcesKey, id), fmt::format(message::unused_source, quoted(id)),
            "name it in a figure or remove it");
  }
}

}  // namespace perfmodel::spec
