// The text of a config file as its reader takes it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "spec/document.hpp"

namespace perfmodel::test {

template <class T>
struct ConfigText {
  std::optional<T> value;
  std::string problems;
};

template <class T>
ConfigText<T> read_text(std::optional<T> (*reader)(const spec::Document&, spec::Diagnostics&),
                        const std::string& text, const std::string& file) {
  spec::Diagnostics diagnostics;
  const auto document = spec::parse_document(text, file, diagnostics);
  auto value = reader(document, diagnostics);
  return {std::move(value), diagnostics.to_string()};
}

}  // namespace perfmodel::test
