// The configs folder: finds files by id or alias, reads them, applies overrides.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cost/stack.hpp"
#include "hw/chip.hpp"
#include "hw/family.hpp"
#include "hw/memory.hpp"
#include "hw/system.hpp"
#include "llm/llm_spec.hpp"
#include "power/coefficients.hpp"
#include "serving/workload.hpp"
#include "spec/document.hpp"
#include "tco/prices.hpp"

namespace perfmodel::cli {

/// One `--set path=value`, its path still with the kind in front: "chip.memory.bandwidth".
struct Override {
  std::string path;
  std::string value;
};

/// The kinds of config file and their folders.
struct Kind {
  std::string_view name;    // "chip"
  std::string_view folder;  // "chips"
};
inline constexpr std::array<Kind, 11> kKinds = {{{"chip", "chips"},
                                                 {"family", "families"},
                                                 {"memory", "memories"},
                                                 {"system", "systems"},
                                                 {"llm", "llms"},
                                                 {"stack", "stacks"},
                                                 {"workload", "workloads"},
                                                 {"sweep", "sweeps"},
                                                 {"power", "power"},
                                                 {"prices", "prices"},
                                                 {"fleet", "fleets"}}};
const Kind* find_kind(std::string_view name_or_folder);

/// Not to be shared between threads: it remembers what it read.
class Catalog {
 public:
  explicit Catalog(std::filesystem::path root) : root_(std::move(root)) {}

  /// The folder to use: `given`, else PERFMODEL_CONFIGS, else beside the installed program, else
  /// the source tree's.
  static std::filesystem::path locate(const std::string& given);

  const std::filesystem::path& root() const { return root_; }
  std::vector<std::string> ids(const Kind& kind) const;  // sorted
  std::filesystem::path path_of(const Kind& kind, std::string_view id) const;
  /// Id of the file that `word` names, by id or alias, in any case. Throws UsageError with the
  /// nearest ids.
  std::string resolve(const Kind& kind, std::string_view word) const;
  bool exists(const Kind& kind, std::string_view id) const;

  /// Each resolves, reads, overrides and parses; throws UsageError with all diagnostics.
  hw::Chip chip(std::string_view word, const std::vector<Override>& overrides = {}) const;
  /// With the curves of its ancestors where it has none of its own.
  hw::Family family(std::string_view word, const std::vector<Override>& overrides = {}) const;
  hw::Family family_alone(std::string_view word, const std::vector<Override>& overrides = {}) const;
  hw::Memory memory(std::string_view word, const std::vector<Override>& overrides = {}) const;
  hw::System system(std::string_view word, const std::vector<Override>& overrides = {}) const;
  llm::LlmSpec llm(std::string_view word, const std::vector<Override>& overrides = {}) const;
  cost::Stack stack(std::string_view word, const std::vector<Override>& overrides = {}) const;
  serving::Workload workload(std::string_view word,
                             const std::vector<Override>& overrides = {}) const;
  power::Coefficients power(std::string_view word,
                            const std::vector<Override>& overrides = {}) const;
  tco::Prices prices(std::string_view word, const std::vector<Override>& overrides = {}) const;

  /// Every file that was read so far, by the name that it is shown under, with the SHA-256 of what
  /// was in it. Files beside the configs (measurements) are noted by who reads them.
  const std::map<std::string, std::string>& files_read() const { return files_; }
  void note_read(const std::filesystem::path& path, std::string_view text) const;

  /// Parses the text as the kind that its first key names; problems are added. For `check`.
  static void lint(const Kind& kind, std::string_view text, const std::string& file,
                   spec::Diagnostics& diagnostics);

 private:
  spec::Document read(const Kind& kind, std::string_view word,
                      const std::vector<Override>& overrides, spec::Diagnostics& diagnostics) const;

  /// What was read before and not overridden, by the word that named it: parsing is most of what a
  /// single answer costs, and an answer meets the same files again in its comparisons.
  template <class T>
  using Memo = std::map<std::string, T, std::less<>>;
  template <class T>
  T get(const Kind& kind, std::string_view word, const std::vector<Override>& overrides,
        Memo<T>& memo, std::optional<T> (*parse)(const spec::Document&, spec::Diagnostics&)) const;

  std::filesystem::path root_;
  mutable std::map<std::string, std::string> files_;
  mutable Memo<hw::Chip> chip_;
  mutable Memo<hw::Family> family_alone_;
  mutable Memo<hw::Memory> memory_;
  mutable Memo<hw::System> system_;
  mutable Memo<llm::LlmSpec> llm_;
  mutable Memo<cost::Stack> stack_;
  mutable Memo<serving::Workload> workload_;
  mutable Memo<power::Coefficients> power_;
  mutable Memo<tco::Prices> prices_;
};

/// Whole file, or empty if it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace perfmodel::cli
