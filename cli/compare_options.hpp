// What `compare` was asked, parsed and checked before any config is read.
#pragma once

#include <string>
#include <vector>

#include "cli/estimate_options.hpp"
#include "units/quantity.hpp"

namespace perfmodel::cli {

/// Words as typed. Of the question, chip, system and count stay empty: they are the list's.
struct CompareArguments {
  EstimateArguments question;
  std::string systems, chips, baseline;
  std::string metric = "output";
  std::string interactivity = "20,50,100";
};

/// One system of the list: [COUNTx]SYSTEM[@CHIP][/STACK][+NAME=VALUE...], or CHIP[/STACK][+...] in
/// its default system. What follows a '+' is a what-if (hw/what_if.hpp) of this one alone.
struct ComparedWord {
  std::string word;  // as typed
  long count = 1;
  std::string system, chip, stack;  // empty: the default
  std::string change;               // "memory=hbm3-cxmt:8+native=fp8", as typed
  hw::WhatIf what_if;
};

struct CompareOptions {
  EstimateOptions question;
  std::vector<ComparedWord> systems;
  std::string baseline;  // as typed; empty: the first
  std::string metric;
  std::vector<Frequency> levels;  // of interactivity, rising
};

/// The interactivities that are scanned for crossings, and the bounds of those asked for.
inline constexpr double kSlowestUser = 1, kFastestUser = 1000;  // tokens/s

/// Throws UsageError with every problem found.
CompareOptions check_compare(const CompareArguments& words);

}  // namespace perfmodel::cli
