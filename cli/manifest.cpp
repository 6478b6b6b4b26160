#include "cli/manifest.hpp"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "cli/catalog.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

struct Entry {
  int line = 0;
  std::string digest;
};

bool is_digest(std::string_view s) {
  return s.size() == std::size_t{2} * SHA256_DIGEST_SIZE &&
         s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A name inside the folder: no root, no way up.
bool stays_inside(const fs::path& name) {
  return !name.empty() && name.is_relative() &&
         std::none_of(name.begin(), name.end(), [](const auto& part) { return part == ".."; });
}

/// What the program makes itself: the tests that remake it guard it, not a checksum.
bool made_here(const fs::path& name) {
  return *name.begin() == "accuracy" || name.extension() == ".tsv";
}

/// Names of the files below the folder, relative to it.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with('.')) {
      if (at->is_directory(error)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file(error)) continue;
    auto name = at->path().lexically_relative(folder).generic_string();
    if (name != kManifest && !made_here(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The command that writes the manifest anew. It prints the same for every locale and user.
std::string update_command(const fs::path& folder) {
  return fmt::format(
      "if that is meant: (cd '{}' && find * -type f ! -name {} ! -name '.*' ! -name '*.tsv' ! "
      "-path 'accuracy/*' | LC_ALL=C sort | "
      "xargs "
      "sha256sum > {})",
      folder.empty() ? std::string(".") : folder.string(), kManifest, kManifest);
}

}  // namespace

std::string sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  std::string hex;
  for (const auto b : digest) hex += fmt::format("{:02x}", b);
  return hex;
}

void check_manifest(const fs::path& manifest, const std::string& shown,
                    spec::Diagnostics& diagnostics) {
  const auto folder = manifest.parent_path();
  const auto update = update_command(folder);
  const auto text = read_file(manifest);
  if (!text) {
    diagnostics.add({shown, {}, "", "cannot be read", update});
    return;
  }
  std::map<std::string, Entry, std::less<>> entries;
  int line = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    ++line;
    const auto end = rest.find('\n');
    const auto record = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto digest = record.substr(0, record.find(' '));
    const auto name = record.substr(std::min(record.size(), digest.size() + 2));
    const bool marked = record.substr(digest.size()).starts_with("  ") ||
                        record.substr(digest.size()).starts_with(" *");
    if (!is_digest(digest) || !marked || !stays_inside(name)) {
      diagnostics.add(
          {shown, {line, 1}, "", "is not '<SHA-256>  <file below the folder>'", update});
      continue;
    }
    const auto [at, fresh] = entries.emplace(std::string(name), Entry{line, std::string(digest)});
    if (!fresh)
      diagnostics.add({shown,
                       {line, 1},
                       "",
                       fmt::format("'{}' is there twice, first in line {}", name, at->second.line),
                       ""});
  }
  for (const auto& [name, entry] : entries) {
    const auto bytes = read_file(folder / name);
    if (!bytes)
      diagnostics.add({shown, {entry.line, 1}, "", fmt::format("'{}' is missing", name), update});
    else if (sha256(*bytes) != entry.digest)
      diagnostics.add({shown, {entry.line, 1}, "", fmt::format("'{}' was changed", name), update});
  }
  for (const auto& name : files_below(folder))
    if (!entries.contains(name))
      diagnostics.add({shown, {1, 1}, "", fmt::format("does not list '{}'", name), update});
}

}  // namespace perfmodel::cli
