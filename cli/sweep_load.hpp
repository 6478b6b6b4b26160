// A sweep and the files that it names, found and checked before the first point is evaluated.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "cli/estimate_options.hpp"
#include "cli/setup.hpp"
#include "sweep/space.hpp"
#include "sweep/sweep.hpp"

namespace perfmodel::cli {

struct LoadedSweep {
  std::filesystem::path configs;
  std::string text;  // of the file
  sweep::Sweep sweep;
  sweep::Space space;
};

/// `word` is a file, or the id of one in configs/sweeps. Throws UsageError with every problem found
/// in it.
LoadedSweep load_sweep(const Catalog& catalog, const std::string& word);

/// Reports names of files that are not there, and axes that contradict each other.
void check_sweep(const Catalog& catalog, const sweep::Sweep& sweep, const std::string& file,
                 spec::Diagnostics& diagnostics);

/// The machine that a place stands for, in the words of `estimate`.
EstimateOptions options_at(const sweep::Sweep& sweep, const sweep::Place& place);

/// That machine. Throws UsageError that names it and its overrides.
Setup load_machine(const Catalog& catalog, const sweep::Sweep& sweep, const sweep::Place& place);

/// "chip.memory.bandwidth=4 TB/s; ..."
std::string overrides_text(const EstimateOptions& options);

/// What `parallel` stands for on a machine of `devices`.
std::vector<mapping::Parallelism> deployments_of(const sweep::Sweep& sweep, const llm::LlmSpec& llm,
                                                 int devices);

/// Every config file that points of the sweep can depend on: their names and texts as one digest.
std::string configs_digest(const Catalog& catalog, const sweep::Sweep& sweep);

}  // namespace perfmodel::cli
