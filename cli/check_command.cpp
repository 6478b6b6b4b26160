#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/data_check.hpp"
#include "cli/errors.hpp"
#include "cli/fleet_load.hpp"
#include "cli/manifest.hpp"
#include "cli/measurements.hpp"
#include "cli/output.hpp"
#include "cli/published_index.hpp"
#include "cli/report_load.hpp"
#include "cli/setup.hpp"
#include "cli/sweep_load.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

bool checks(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".csv" || path.filename() == kManifest;
}

/// The kind of a file by the folder it lies in, else by its first keys.
const Kind* kind_of(const fs::path& path, const std::string& text) {
  if (const auto* k = find_kind(path.parent_path().filename().string())) return k;
  const auto is = [&](const Kind& k) {
    const auto key = std::string(k.name) + ":";
    return text.starts_with(key) || text.find("\n" + key) != std::string::npos;
  };
  for (const auto& k : kKinds)
    if (is(k)) return &k;
  return is(kReportKind) ? &kReportKind : nullptr;
}

class Linter {
 public:
  explicit Linter(const Chosen& chosen) : chosen_(chosen) {}

  void file(const fs::path& path, const std::string& shown) {
    ++files_;
    if (path.filename() == kManifest) return check_manifest(path, shown, diagnostics_);
    const auto text = read_file(path);
    if (!text) {
      diagnostics_.add({shown, {}, "", "cannot be read", ""});
      return;
    }
    if (path.extension() == ".csv") return data().file(path, shown, *text);
    const auto* kind = kind_of(path, *text);
    if (kind == nullptr) {
      diagnostics_.add(
          {shown,
           {1, 1},
           "",
           "is no config: none of the keys chip, family, memory, system, llm, stack, workload, "
           "sweep, power, prices, fleet, report",
           "measurements are files named *.csv"});
      return;
    }
    Catalog::lint(*kind, *text, shown, diagnostics_);
  }

  /// What no file can see alone: ids that refer to other files, aliases that two files claim.
  void across(const Catalog& catalog) {
    names(catalog);
    if (!diagnostics_.empty()) return;
    for (const auto& id : catalog.ids(kKinds[0])) {
      const auto c = catalog.chip(id);
      refer(catalog, kKinds[1], c.family, "chip", id, "family");
      if (!c.system.empty()) refer(catalog, kKinds[3], c.system, "chip", id, "system");
      for (const auto& a : c.alternatives) refer(catalog, kKinds[0], a, "chip", id, "alternatives");
      for (const auto& b : c.bins) bin(catalog, c, b);
    }
    for (const auto& id : catalog.ids(kKinds[1])) ancestors(catalog, id);
    for (const auto& id : catalog.ids(kKinds[3])) {
      const auto s = catalog.system(id);
      if (s.chip != "any") refer(catalog, kKinds[0], s.chip, "system", id, "chip");
    }
    for (const auto& id : catalog.ids(kKinds[7])) sweep(catalog, id);
    for (const auto& id : catalog.ids(*find_kind("fleet"))) fleet(catalog, id);
    for (const auto& id : catalog.ids(kReportKind)) report_names(catalog, id);
  }

  /// What is made from the configs and the measurements beside them.
  void derived(const Catalog& catalog) {
    if (!diagnostics_.empty()) return;
    const auto made = make_index(catalog);
    const auto path = index_path(catalog);
    if (made.files.empty() || read_file(path) == calibrate::to_text(made)) return;
    diagnostics_.add({path.string(),
                      {1, 1},
                      "",
                      "does not fit the measurements and configs",
                      "perfmodel index makes it anew"});
  }

  int finish() {
    if (data_) data_->finish();
    if (diagnostics_.empty()) {
      emit("", fmt::format("{} files, no problems\n", files_));
      return kExitDone;
    }
    std::fputs(diagnostics_.to_string().c_str(), stderr);
    std::fputs(fmt::format("{} files, {} problems\n", files_, diagnostics_.size()).c_str(), stderr);
    return kExitUsage;
  }

 private:
  /// Measurements name chips and models, so the catalog is looked for with the first of them.
  DataChecker& data() {
    if (!data_) {
      catalog_.emplace(Catalog::locate(chosen_.configs));
      data_.emplace(*catalog_, diagnostics_);
    }
    return *data_;
  }

  void refer(const Catalog& catalog, const Kind& kind, const std::string& to,
             std::string_view from_kind, const std::string& from, const std::string& key) {
    if (catalog.exists(kind, to)) return;
    const auto ids = catalog.ids(kind);
    diagnostics_.add({catalog.path_of(*find_kind(from_kind), from).string(),
                      {1, 1},
                      key,
                      fmt::format("there is no {} '{}'", kind.name, to),
                      spec::nearest(to, {ids.begin(), ids.end()})});
  }

  void bin(const Catalog& catalog, const hw::Chip& chip, const hw::Bin& b) {
    refer(catalog, kKinds[0], b.chip, "chip", chip.id, "bins");
    if (!catalog.exists(kKinds[0], b.chip)) return;
    const auto problem = no_bin(chip, catalog.chip(b.chip));
    if (!problem.empty())
      diagnostics_.add(
          {catalog.path_of(kKinds[0], chip.id).string(), b.share.origin.mark, "bins", problem, ""});
  }

  /// A family's curves come from its parents, so these must exist and not lead back to it.
  void ancestors(const Catalog& catalog, const std::string& id) {
    std::set<std::string> seen = {id};
    for (auto at = id;;) {
      const auto parent = catalog.family_alone(at).parent;
      if (parent.empty()) return;
      refer(catalog, kKinds[1], parent, "family", at, "parent");
      if (!catalog.exists(kKinds[1], parent)) return;
      if (!seen.insert(parent).second) {
        diagnostics_.add({catalog.path_of(kKinds[1], id).string(),
                          {1, 1},
                          "parent",
                          fmt::format("'{}' is its own ancestor", id),
                          ""});
        return;
      }
      at = parent;
    }
  }

  /// Chips, systems, models and memories that a report names.
  void report_names(const Catalog& catalog, const std::string& id) {
    try {
      check_report(catalog, load_report(catalog, id, {}));
    } catch (const UsageError& e) {
      diagnostics_.add({catalog.path_of(kReportKind, id).string(), {1, 1}, "", e.what(), ""});
    }
  }

  void sweep(const Catalog& catalog, const std::string& id) {
    const auto path = catalog.path_of(kKinds[7], id);
    const auto document =
        spec::parse_document(read_file(path).value_or(""), path.string(), diagnostics_);
    if (const auto s = sweep::read_sweep(document, diagnostics_))
      check_sweep(catalog, *s, path.string(), diagnostics_);
  }

  void fleet(const Catalog& catalog, const std::string& id) {
    const auto path = catalog.path_of(*find_kind("fleet"), id);
    const auto document =
        spec::parse_document(read_file(path).value_or(""), path.string(), diagnostics_);
    if (const auto f = fleet::read_fleet(document, diagnostics_))
      check_fleet(catalog, *f, path.string(), diagnostics_);
  }

  void names(const Catalog& catalog) {
    for (const auto& kind : kKinds) {
      std::map<std::string, std::string> owner;
      for (const auto& id : catalog.ids(kind)) owner.emplace(id, id);
      for (const auto& id : catalog.ids(kind)) {
        spec::Diagnostics ignored;
        const auto text = read_file(catalog.path_of(kind, id)).value_or("");
        const auto document = spec::parse_document(text, id, ignored);
        const auto* aliases = document.root.find("aliases");
        if (aliases == nullptr) continue;
        for (const auto& a : aliases->items) {
          const auto [at, fresh] = owner.emplace(a.scalar, id);
          if (!fresh)
            diagnostics_.add({catalog.path_of(kind, id).string(), a.mark, "aliases",
                              fmt::format("'{}' already names {}", a.scalar, at->second), ""});
        }
      }
    }
  }

  const Chosen& chosen_;
  spec::Diagnostics diagnostics_;
  std::optional<Catalog> catalog_;
  std::optional<DataChecker> data_;
  std::size_t files_ = 0;
};

int run(const std::vector<std::string>& paths, const Chosen& chosen) {
  Linter linter(chosen);
  const auto folder = [&](const fs::path& root) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root))
      // results/accuracy is made by this program; the tests that remake it guard it.
      if (entry.path().parent_path().filename() != "accuracy" && checks(entry.path()))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& f : files) linter.file(f, f.string());
  };
  if (paths.empty()) {
    const Catalog catalog(Catalog::locate(chosen.configs));
    folder(catalog.root());
    linter.across(catalog);
    linter.derived(catalog);
    if (const auto results = results_folder(catalog); fs::is_directory(results)) {
      folder(results);
      if (!fs::exists(results / kManifest))
        linter.file(results / kManifest, (results / kManifest).string());
    }
    return linter.finish();
  }
  for (const auto& p : paths) {
    std::error_code error;
    if (!fs::exists(p, error)) throw UsageError("no such file or folder: '" + p + "'");
    if (fs::is_directory(p, error))
      folder(p);
    else
      linter.file(p, p);
  }
  return linter.finish();
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto* c = app.add_subcommand(
      "check", "check configs and measurements: all of them, or the files and folders named");
  c->add_option("path", *paths, "files or folders");
  c->callback([=, &chosen] { chosen.action = [=, &chosen] { return run(*paths, chosen); }; });
}

}  // namespace perfmodel::cli
