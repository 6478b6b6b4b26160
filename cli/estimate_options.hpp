// What `estimate` was asked, parsed and checked for contradictions, before any config is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "cli/policy_options.hpp"
#include "hw/what_if.hpp"
#include "mapping/parallelism.hpp"
#include "mapping/precision.hpp"
#include "search/deployment.hpp"
#include "serving/workload.hpp"

namespace perfmodel::cli {

/// Words as typed.
struct EstimateArguments {
  std::string chip, system, llm = "deepseek-r1", workload = "default", stack = "typical";
  std::optional<long> input, output;
  std::optional<double> prefix_hit, spread;
  std::string weights, kv, compute, fallback, parallel = "auto", batch, slo;
  PolicyArguments policy;
  std::string memory, memory_bandwidth, link_scale, dies, clock, native;  // hw/what_if.hpp
  std::optional<double> concurrency, rate;
  std::string objective = "output", disaggregate = "no", prefill_parallel = "auto", prefill_system;
  long prefill_count = 1;
  std::vector<std::string> sets;
  long count = 1;
  bool assume = false;
  bool explain = false;
  bool no_compare = false;
  int nearest = 3;
  long samples = 1024;
  long seed = 1;
  bool why = false;
  bool sources = false;
  std::string format = "table";
  std::string out;
  std::vector<std::string> command;  // the same as words of a command line (cli/provenance.hpp)
};

/// The same, typed.
struct EstimateOptions {
  EstimateArguments words;
  mapping::PrecisionRequest precision;
  std::optional<mapping::AskedParallelism> parallelism;
  std::optional<mapping::AskedParallelism> prefill_parallelism;
  search::Objective objective = search::Objective::output;
  search::Split split = search::Split::never;
  int prefill_chips = 0;  // with Split::fixed
  int decode_chips = 0;
  std::optional<double> batch;
  bool largest_batch = false;
  bool slo_given = false;
  serving::Slo slo;
  PolicyOptions policy;
  hw::WhatIf what_if;
  std::vector<Override> overrides;
};

/// Throws UsageError with every problem found.
EstimateOptions check_arguments(const EstimateArguments& words);

}  // namespace perfmodel::cli
