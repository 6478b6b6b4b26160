// A sweep and the files that it names, found and checked before the first point is evaluated.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "calibrate/run_index.hpp"
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
  /// Published runs, which say how wrong predictions were of what is like a row; read for rows with
  /// intervals only.
  std::vector<calibrate::Likeness> runs = {};
};

/// `word` is a file, or the id of one in configs/sweeps. Throws UsageError with every problem found
/// in it.
LoadedSweep load_sweep(const Catalog& catalog, const std::string& word);

/// Reports names of files that are not there, and axes that contradict each other.
void check_sweep(const Catalog& catalog, const sweep::Sweep& sweep, const std::string& file,
                 spec::Diagnostics& diagnostics);

/// The machine that a place stands for, in the words of `estimate`.
EstimateOptions options_at(const sweep::Sweep& sweep, const sweep::Place& place);

/// That machine before its what-ifs. Throws UsageError that names it and its overrides.
Setup load_as_built(const Catalog& catalog, const sweep::Sweep& sweep, const sweep::Place& place);
/// With them, unless they cannot be.
spec::Outcome<Setup> load_changed(const Catalog& catalog, const Setup& as_built,
                                  const sweep::Sweep& sweep, const sweep::Place& place);
/// With more or fewer dies alone, which the number of devices depends on. Throws UsageError where
/// that cannot be.
Setup load_sized(const Catalog& catalog, const Setup& as_built, const sweep::Sweep& sweep,
                 const sweep::Place& place);

/// "chip.memory.bandwidth=4 TB/s; ..."
std::string overrides_text(const EstimateOptions& options);

/// What `parallel` stands for on a machine of `devices`.
std::vector<mapping::Parallelism> deployments_of(const sweep::Sweep& sweep, const llm::LlmSpec& llm,
                                                 int devices);

/// Every config file that points of the sweep can depend on, and what their intervals do, where
/// there are any: names and texts as one digest.
std::string configs_digest(const Catalog& catalog, const LoadedSweep& loaded);

}  // namespace perfmodel::cli
