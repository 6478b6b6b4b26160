#include "cli/catalog.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/manifest.hpp"
#include "cli/report_config.hpp"
#include "fleet/fleet.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"
#include "sweep/sweep.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string_view s) {
  std::string r(s);
  std::transform(r.begin(), r.end(), r.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return r;
}

/// The aliases of a file by a look at its text: the parser is for the one file that is then chosen.
std::vector<std::string> peek_aliases(const std::string& text) {
  std::vector<std::string> r;
  constexpr std::string_view key = "\naliases:";
  const auto at = text.find(key);
  if (at == std::string::npos) return r;
  const auto open = text.find('[', at);
  const auto close = text.find(']', at);
  if (open == std::string::npos || close == std::string::npos) return r;
  std::istringstream items(text.substr(open + 1, close - open - 1));
  for (std::string item; std::getline(items, item, ',');) {
    const auto keep = [](char c) { return c != ' ' && c != '"' && c != '\'' && c != '\n'; };
    std::string word;
    std::copy_if(item.begin(), item.end(), std::back_inserter(word), keep);
    if (!word.empty()) r.push_back(lower(word));
  }
  return r;
}

/// Whose curves an architecture without parent takes.
constexpr std::string_view kRootFamily = "generic";

/// "llm" and "chip" name themselves; the plural of the folder is for messages about many.
std::string label(const Kind& kind) {
  return kind.name == "llm" ? "LLM" : std::string(kind.name);
}

template <class T>
T parse_or_throw(const spec::Document& document, spec::Diagnostics& diagnostics,
                 std::optional<T> (*parse)(const spec::Document&, spec::Diagnostics&)) {
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  auto r = parse(document, diagnostics);
  if (!diagnostics.empty() || !r) throw UsageError(diagnostics.to_string());
  return std::move(*r);
}

}  // namespace

const Kind* find_kind(std::string_view name_or_folder) {
  for (const auto& k : kKinds)
    if (k.name == name_or_folder || k.folder == name_or_folder) return &k;
  const auto& k = kReportKind;
  return k.name == name_or_folder || k.folder == name_or_folder ? &k : nullptr;
}

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

fs::path Catalog::locate(const std::string& given) {
  const auto usable = [](const fs::path& p) {
    std::error_code error;
    return fs::is_directory(p / "chips", error);
  };
  if (!given.empty()) {
    if (!usable(given))
      throw UsageError("--configs: no configs folder at '" + given + "' (it has no chips/)");
    return given;
  }
  if (const char* env = std::getenv("PERFMODEL_CONFIGS"); env != nullptr && *env != '\0') {
    if (!usable(env))
      throw UsageError(
          fmt::format("PERFMODEL_CONFIGS: no configs folder at '{}' (it has no chips/)", env));
    return env;
  }
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto installed = program.parent_path().parent_path() / "share/perfmodel/configs";
    if (usable(installed)) return installed;
  }
  if (usable(PERFMODEL_SOURCE_CONFIGS)) return PERFMODEL_SOURCE_CONFIGS;
  throw UsageError("no configs folder found; name one with --configs");
}

std::vector<std::string> Catalog::ids(const Kind& kind) const {
  std::vector<std::string> r;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root_ / kind.folder, error))
    if (entry.path().extension() == ".yaml") r.push_back(entry.path().stem().string());
  std::sort(r.begin(), r.end());
  return r;
}

fs::path Catalog::path_of(const Kind& kind, std::string_view id) const {
  return root_ / kind.folder / (std::string(id) + ".yaml");
}

bool Catalog::exists(const Kind& kind, std::string_view id) const {
  std::error_code error;
  return fs::is_regular_file(path_of(kind, id), error);
}

std::string Catalog::resolve(const Kind& kind, std::string_view word) const {
  const auto wanted = lower(word);
  // An id is a file name here, never a path.
  const bool plain = wanted.find('/') == std::string::npos && !wanted.empty() && wanted[0] != '.';
  if (plain && exists(kind, wanted)) return wanted;
  const auto all = ids(kind);
  std::vector<std::string> known = all;
  for (const auto& id : all) {
    const auto text = read_file(path_of(kind, id));
    if (!text) continue;
    for (auto& alias : peek_aliases(*text)) {
      if (alias == wanted) return id;
      known.push_back(std::move(alias));
    }
  }
  const auto hint = spec::nearest_hint(wanted, {known.begin(), known.end()},
                                       fmt::format("see: perfmodel list {}", kind.folder));
  throw UsageError(fmt::format("unknown {} '{}' ({})", label(kind), word, hint));
}

spec::Document Catalog::read(const Kind& kind, std::string_view word,
                             const std::vector<Override>& overrides,
                             spec::Diagnostics& diagnostics) const {
  const auto id = resolve(kind, word);
  const auto path = path_of(kind, id);
  const auto text = read_file(path);
  if (!text) throw UsageError("cannot read " + path.string());
  note_read(path, *text);
  // Shown from the folder's parent on: "configs/chips/h100.yaml".
  const auto shown = (root_.filename() / kind.folder / path.filename()).string();
  auto document = spec::parse_document(*text, shown, diagnostics);
  const auto prefix = std::string(kind.name) + ".";
  for (const auto& o : overrides)
    if (o.path.starts_with(prefix))
      spec::apply_override(document, std::string_view(o.path).substr(prefix.size()), o.value,
                           diagnostics);
  return document;
}

void Catalog::note_read(const fs::path& path, std::string_view text) const {
  const auto root = root_.has_filename() ? root_ : root_.parent_path();
  const auto folder = root.has_parent_path() ? root.parent_path() : fs::path(".");
  files_[path.lexically_proximate(folder).generic_string()] = sha256(text);
}

template <class T>
T Catalog::get(const Kind& kind, std::string_view word, const std::vector<Override>& overrides,
               Memo<T>& memo,
               std::optional<T> (*parse)(const spec::Document&, spec::Diagnostics&)) const {
  const auto prefix = std::string(kind.name) + ".";
  const bool changed = std::any_of(overrides.begin(), overrides.end(),
                                   [&](const Override& o) { return o.path.starts_with(prefix); });
  if (!changed)
    if (const auto known = memo.find(word); known != memo.end()) return known->second;
  spec::Diagnostics diagnostics;
  const auto document = read(kind, word, overrides, diagnostics);
  auto value = parse_or_throw<T>(document, diagnostics, parse);
  if (!changed) memo.emplace(word, value);
  return value;
}

#define PERFMODEL_CATALOG_GET(Type, name, index, parser)                                    \
  Type Catalog::name(std::string_view word, const std::vector<Override>& overrides) const { \
    return get<Type>(kKinds[index], word, overrides, name##_, parser);                      \
  }
PERFMODEL_CATALOG_GET(hw::Chip, chip, 0, hw::read_chip)
PERFMODEL_CATALOG_GET(hw::Family, family_alone, 1, hw::read_family)
PERFMODEL_CATALOG_GET(hw::Memory, memory, 2, hw::read_memory)
PERFMODEL_CATALOG_GET(hw::System, system, 3, hw::read_system)
PERFMODEL_CATALOG_GET(llm::LlmSpec, llm, 4, llm::read_llm)
PERFMODEL_CATALOG_GET(cost::Stack, stack, 5, cost::read_stack)
PERFMODEL_CATALOG_GET(serving::Workload, workload, 6, serving::read_workload)
PERFMODEL_CATALOG_GET(power::Coefficients, power, 8, power::read_coefficients)
PERFMODEL_CATALOG_GET(tco::Prices, prices, 9, tco::read_prices)
#undef PERFMODEL_CATALOG_GET

hw::Family Catalog::family(std::string_view word, const std::vector<Override>& overrides) const {
  auto f = family_alone(word, overrides);
  std::set<std::string> seen = {f.id};
  for (auto at = f.id, parent = f.parent; at != kRootFamily;) {
    if (parent.empty()) parent = kRootFamily;
    if (!seen.insert(parent).second)
      throw UsageError(
          fmt::format("family '{}' is its own ancestor, by the parent of '{}'", parent, at));
    const auto above = family_alone(parent);
    f.kernels.fill_from(above.kernels);
    at = above.id;
    parent = above.parent;
  }
  return f;
}

void Catalog::lint(const Kind& kind, std::string_view text, const std::string& file,
                   spec::Diagnostics& diagnostics) {
  const auto document = spec::parse_document(text, file, diagnostics);
  if (!diagnostics.empty()) return;
  if (kind.name == "chip") hw::read_chip(document, diagnostics);
  if (kind.name == "family") hw::read_family(document, diagnostics);
  if (kind.name == "memory") hw::read_memory(document, diagnostics);
  if (kind.name == "system") hw::read_system(document, diagnostics);
  if (kind.name == "llm") llm::read_llm(document, diagnostics);
  if (kind.name == "stack") cost::read_stack(document, diagnostics);
  if (kind.name == "workload") serving::read_workload(document, diagnostics);
  if (kind.name == "power") power::read_coefficients(document, diagnostics);
  if (kind.name == "prices") tco::read_prices(document, diagnostics);
  if (kind.name == "sweep") sweep::read_sweep(document, diagnostics);
  if (kind.name == "fleet") fleet::read_fleet(document, diagnostics);
  if (kind.name == "report") read_report(document, diagnostics);
}

}  // namespace perfmodel::cli
