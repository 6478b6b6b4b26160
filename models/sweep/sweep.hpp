// A sweep as its file describes it: the values of every axis, which points become rows, and which
// of these are compared. configs/SCHEMA.md has the keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/what_if.hpp"
#include "mapping/parallelism.hpp"
#include "mapping/precision.hpp"
#include "serving/workload.hpp"
#include "spec/document.hpp"
#include "sweep/metrics.hpp"
#include "sweep/space.hpp"

namespace perfmodel::sweep {

// Words for the value that an axis has without the file's saying so.
inline constexpr std::string_view kNative = "native";  // formats: as the model was released
inline constexpr std::string_view kOwn = "own";        // what-ifs: the chip's own, as it is
inline constexpr std::string_view kNone = "none";      // no speculation
inline constexpr std::string_view kAuto = "auto";      // every candidate

/// A value as typed, for messages and key columns, and where.
struct Word {
  std::string text;
  spec::Mark mark;
};

/// An override (`--set`) with several values; its path begins with the kind of file it changes.
struct SetAxis {
  Word path;
  std::vector<std::string> values;
};

/// The front per group; `x` and `y` are indices of metrics().
struct Pareto {
  std::size_t x = 0;
  std::size_t y = 0;
  std::vector<Axis> by = {Axis::system, Axis::llm};
};

/// Fewer samples than that have no tenth, more take minutes for a row.
inline constexpr long kFewestSamples = 16, kMostSamples = 1'000'000;
constexpr bool are_samples(long n) {
  return n == 0 || (n >= kFewestSamples && n <= kMostSamples);
}

struct Sweep {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string about;

  // A chip in its own default system, a system with its own chip; of both, every pair.
  std::vector<Word> chips;
  std::vector<Word> systems;
  std::vector<Word> llms;
  std::vector<Word> stacks;
  std::vector<Word> memories;  // "own" or "hbm3e:8"
  std::vector<Word> dies;      // "own" or "4"
  std::vector<Word> clocks;    // "own", "1.2x" or "2 GHz"
  std::vector<Word> natives;   // "own" or "fp8:fp4"
  std::vector<Word> weights;   // "native" or a format
  std::vector<Word> kv;
  std::vector<Word> compute;
  std::vector<Word> speculate;  // "none" or "1:0.7"
  std::vector<Word> parallel;   // none: every candidate of search::candidates
  std::vector<SetAxis> sets;
  std::vector<double> counts;
  std::vector<double> link_scales;
  std::vector<double> inputs;
  std::vector<double> outputs;
  std::vector<double> prefix_hits;
  std::vector<double> batches;

  std::vector<double> stages;  // pipeline stages of the candidates
  double spread = 0;
  bool assume = false;
  mapping::Fallback fallback = mapping::Fallback::automatic;
  serving::Slo slo;
  Keep keep;
  std::optional<Pareto> pareto;
  std::vector<std::size_t> columns;  // of metrics(); all where the file names none
  std::size_t samples = 0;           // draws behind p10, p50 and p90 of each row; 0: no intervals
  std::uint64_t seed = 1;            // of the draws

  std::size_t sites() const;  // machines: chips, systems or pairs of them
  std::size_t set_combinations() const;
  /// By Axis. `parallel` is 1 where the candidates decide.
  std::array<std::uint32_t, kAxes> sizes() const;
};

// The words above as what they mean; the reader has checked them.
std::optional<hw::MemorySwap> memory_of(const Word& word);  // empty: own
/// All what-ifs of a place.
hw::WhatIf what_if_at(const Sweep& sweep, const Place& place);
std::optional<spec::Storage> storage_of(const Word& word);  // empty: native
std::optional<spec::Compute> compute_of(const Word& word);  // empty: native
serving::Speculation speculation_of(const Word& word);      // no drafts: none
mapping::AskedParallelism parallelism_of(const Word& word);

std::optional<Sweep> read_sweep(const spec::Document& document, spec::Diagnostics& diagnostics);

/// "tpot_ms,output_tokens_per_s_per_chip"; empty, with the problem, where that are not two metrics.
std::optional<Pareto> parse_pareto(std::string_view text, std::string& problem);

}  // namespace perfmodel::sweep
