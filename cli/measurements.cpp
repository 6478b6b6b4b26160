#include "cli/measurements.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/setup.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

/// Letters and digits alone, lower case: "TensorRT-LLM" and "tensorrt llm" are one.
std::string plain(std::string_view s) {
  std::string r;
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0) r += static_cast<char>(std::tolower(u));
  }
  return r;
}

/// Months since year 0 of "2026-02-11", "2026-02" or "2026"; 0 if there is no date.
int months(const std::string& date) {
  const int year = std::atoi(date.c_str());
  if (year <= 0) return 0;
  const int month = date.size() >= 7 ? std::atoi(date.c_str() + 5) : 7;
  return year * 12 + month;
}

}  // namespace

fs::path results_folder(const Catalog& catalog) {
  const auto& root = catalog.root();
  return (root.has_filename() ? root : root.parent_path()).parent_path() / "results";
}

std::vector<fs::path> csv_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> published_files(const Catalog& catalog) {
  const auto folder = results_folder(catalog) / "published";
  const auto paths = csv_files(folder);
  if (paths.empty())
    throw UsageError(
        fmt::format("no measurement files in '{}'; name some with --data", folder.string()));
  return {paths.begin(), paths.end()};
}

std::vector<calibrate::Measurement> load_measurements(const std::vector<std::string>& files) {
  return load_rows(files, calibrate::read_measurements);
}

std::string run_key(const calibrate::Measurement& m) {
  const auto number = [](const std::optional<double>& v) {
    return v ? fmt::format("{}", *v) : std::string("-");
  };
  const auto degrees = [](const calibrate::Degrees& d) {
    return fmt::format("{}/{}/{}/{}/{}/{}", d.workers.value_or(0), d.tp.value_or(0),
                       d.pp.value_or(0), d.attn_dp.value_or(0), d.moe_tp.value_or(0),
                       d.moe_ep.value_or(0));
  };
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", m.file,
                     m.chip, m.model, m.stack, m.date, m.weights, m.activations, m.kv, m.mode_text,
                     degrees(m.prefill), degrees(m.decode), number(m.n_chips), number(m.input),
                     number(m.output), number(m.jitter), number(m.concurrency),
                     number(m.batch_per_chip), number(m.draft_tokens), number(m.accepted),
                     number(m.prefix_hit), m.version, m.notes);
}

spec::Outcome<const calibrate::Site*> CatalogLibrary::site(const std::string& chip, double) {
  auto at = sites_.find(chip);
  if (at == sites_.end()) {
    spec::Outcome<std::unique_ptr<calibrate::Site>> made = spec::Infeasible{};
    try {
      auto setup = load_comparison(catalog_, chip, "", true);
      if (plain_families_) {
        setup.family.scale_matrix.reset();
        setup.family.scale_memory.reset();
        setup.family.scale_software.reset();
      }
      made = std::make_unique<calibrate::Site>(
          calibrate::Site{std::move(setup.chip), std::move(setup.system), std::move(setup.family)});
    } catch (const UsageError& e) {
      made = spec::Infeasible{spec::Why::missing_figure, e.what(), ""};
    }
    at = sites_.emplace(chip, std::move(made)).first;
  }
  if (!at->second) return at->second.error();
  return at->second->get();
}

spec::Outcome<const llm::LlmSpec*> CatalogLibrary::llm(const std::string& id) {
  auto at = llms_.find(id);
  if (at == llms_.end()) {
    spec::Outcome<std::unique_ptr<llm::LlmSpec>> made = spec::Infeasible{};
    try {
      made = std::make_unique<llm::LlmSpec>(catalog_.llm(id));
    } catch (const UsageError& e) {
      made = spec::Infeasible{spec::Why::missing_figure, e.what(), ""};
    }
    at = llms_.emplace(id, std::move(made)).first;
  }
  if (!at->second) return at->second.error();
  return at->second->get();
}

StackShelf::StackShelf(const Catalog& catalog, const std::string& only) {
  if (!only.empty()) {
    stacks_.push_back(catalog.stack(only));
    only_ = true;
    return;
  }
  for (const auto& id : catalog.ids(*find_kind("stack"))) {
    if (id == "typical") fallback_ = stacks_.size();
    stacks_.push_back(catalog.stack(id));
  }
  if (stacks_.empty() || stacks_[fallback_].id != "typical")
    throw UsageError("the configs have no stack 'typical', which stands in where no other serves");
}

/// Rows without a date: offline tables are of the oldest software in the files, serving samples of
/// late 2025, when their collections were published.
int when_of(const calibrate::Measurement& m) {
  if (const int dated = months(m.date)) return dated;
  const bool offline =
      m.mode == calibrate::Mode::offline_max || m.mode == calibrate::Mode::static_batch;
  return offline ? months("2024-12") : months("2025-10");
}

const cost::Stack& StackShelf::for_row(const calibrate::Measurement& m) const {
  if (only_) return stacks_.front();
  // One name can stand for two code bases (SGLang's back ends for GPUs and for Ascend), so the
  // profile that was fitted to such rows comes before those that merely serve the name.
  const auto own = profile_name(m);
  const auto fitted =
      std::find_if(stacks_.begin(), stacks_.end(), [&](const auto& s) { return s.id == own; });
  if (fitted != stacks_.end()) return *fitted;
  const auto word = plain(m.stack);
  const int when = when_of(m);
  const cost::Stack* best = &stacks_[fallback_];
  int best_gap = -1;
  for (const auto& s : stacks_) {
    const bool serves = std::any_of(s.serves.begin(), s.serves.end(),
                                    [&](const auto& w) { return plain(w) == word; });
    if (!serves) continue;
    const int gap = std::abs(months(s.date) - when);
    if (best_gap < 0 || gap < best_gap) {
      best = &s;
      best_gap = gap;
    }
  }
  return *best;
}

std::string StackShelf::profile_name(const calibrate::Measurement& m) {
  const auto word = plain(m.stack);
  const int year = (when_of(m) - 1) / 12;  // months count from 1
  struct Name {
    std::string_view part;
    std::string_view profile;
  };
  // Released names of one code base, by what they contain; the first match counts.
  constexpr std::array<Name, 16> names = {{{"dynamotrtllm", "dynamo-trtllm"},
                                           {"dynamosglang", "dynamo-sglang"},
                                           {"morisglang", "mori-sglang"},
                                           {"vllmascend", "vllm-ascend"},
                                           {"omniinfer", "cann"},
                                           {"cloudmatrix", "cann"},
                                           {"cannrecipes", "cann"},
                                           {"xdeepserve", "cann"},
                                           {"cann", "cann"},
                                           {"mindie", "mindie"},
                                           {"deepseek", "deepseek"},
                                           {"atom", "atom"},
                                           {"tensorrtllm", "trtllm"},
                                           {"trtllm", "trtllm"},
                                           {"sglang", "sglang"},
                                           {"vllm", "vllm"}}};
  for (const auto& n : names) {
    if (word.find(n.part) == std::string::npos) continue;
    // SGLang's Ascend back end shares little but its name with the one for GPUs.
    const bool ascend = m.chip.starts_with("ascend") && n.profile == "sglang";
    return fmt::format("{}{}-{}", n.profile, ascend ? "-ascend" : "", year);
  }
  return "typical";
}

}  // namespace perfmodel::cli
