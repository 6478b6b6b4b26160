// What the files of all kinds have around what is a kind's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spec/reader.hpp"

namespace perfmodel::spec {

/// One file on its way into a T: `begin`, the kind's own keys from `root`, `end`. Of what a T may
/// have (`aliases`, `sources`, `notes`) that is read which it has.
class ConfigFile {
 public:
  ConfigFile(const Document& document, std::string_view kind, Diagnostics& diagnostics)
      : kind_(kind),
        before_(diagnostics.size()),
        context_(document, kind_, diagnostics),
        root_(document.root, "", context_) {}
  // The root's reader knows where the context is.
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  MapReader& root() { return root_; }
  Context& context() { return context_; }

  template <class T>
  T begin() {
    T config;
    auto header = read_header(root_, kind_);
    config.id = std::move(header.id);
    config.name = std::move(header.name);
    if constexpr (requires { config.aliases; }) config.aliases = std::move(header.aliases);
    if constexpr (requires { config.sources; }) config.sources = context_.read_sources();
    return config;
  }

  /// Nothing if anything in the file was wrong: keys that nobody asked for and sources that nothing
  /// used are, too.
  template <class T>
  std::optional<T> end(T config) {
    if constexpr (requires { config.notes; }) config.notes = root_.texts("notes", Need::optional);
    root_.finish();
    context_.finish();
    if (context_.diagnostics().size() != before_) return std::nullopt;
    return config;
  }

 private:
  std::string kind_;
  std::size_t before_;
  Context context_;
  MapReader root_;
};

}  // namespace perfmodel::spec
