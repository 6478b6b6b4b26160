// A fleet as its file describes it: chips that are there, what they shall serve, what training
// takes, and how many more a year's production adds. configs/SCHEMA.md has the keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/allocate.hpp"
#include "hw/chip.hpp"
#include "serving/workload.hpp"
#include "spec/document.hpp"

namespace perfmodel::fleet {

/// A name as typed, for messages, and where.
struct Word {
  std::string text;  // empty where the file leaves it out
  spec::Mark mark;
};

/// Chips of one kind. Of chip and system at least one is named.
struct Hardware {
  std::string name;   // what workloads call it, "h800"
  spec::Mark mark;    // of the entry
  std::string path;   // "inventory.2"
  Word chip, system;  // the chip in its own default system, the system with its own chip, or both
  long count = 0;     // chips where a chip is named, else systems
  Word stack;
  std::optional<long> join;  // systems that one deployment may span
  // In the place of what the files of chip and system say.
  hw::Figure<Power> tdp;    // of one chip
  hw::Figure<Power> power;  // of one system at its most
  hw::Figure<Usd> price;    // of one system
};

/// Requests that someone wants served.
struct Demand {
  std::string name;
  spec::Mark mark;
  std::string path;
  Word llm, workload;                 // lengths and promise by name, changed by what follows
  std::optional<long> input, output;  // tokens
  std::optional<double> prefix_hit;
  std::optional<spec::Storage> weights;  // as the model was released if empty
  serving::Slo slo;
  int priority = 1;
  /// One of the two: requests, or output tokens, per second.
  std::optional<Frequency> requests, tokens;
  std::vector<Word> on;  // names of the hardware that may serve it; any if empty
};

/// What training takes before anything is served.
struct Training {
  spec::Mark mark;   // of what it takes
  long chips = 0;    // or
  double share = 0;  // of all chips
};

/// What changes in one case of a supply, as factors.
struct SupplyCase {
  std::string name;
  spec::Sourced<Count> wafers, stacks;
};

/// A year of production.
struct Supply {
  std::string name;
  spec::Mark mark;
  std::string path;
  Word chip, system;  // as in Hardware
  Word stack;
  long months = 12;
  spec::Sourced<Count> wafers;  // a month
  spec::Sourced<Count> dies_per_wafer;
  spec::Sourced<Count> die_yield;
  spec::Sourced<Count> package_yield;
  std::optional<spec::Sourced<Count>> stacks;  // of memory, a month; not looked at if empty
  std::optional<long> dies_per_package;        // the chip file's if empty
  std::optional<long> stacks_per_package;      // likewise
  std::vector<SupplyCase> cases;               // the figures as they stand where there are none
};

struct Fleet {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string about;
  std::vector<Hardware> inventory;
  std::vector<Demand> workloads;
  Training training;
  Objective objective = Objective::chips;
  double utilisation = 1;  // share of a deployment's rate that is planned with
  long more = 100;         // chips whose value is asked
  bool assume = false;     // the family's values stand in for unknown figures
  std::vector<Supply> supply;
  std::vector<spec::Source> sources;
};

/// Problems go to `diagnostics`, and the result is empty if there were any.
std::optional<Fleet> read_fleet(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::fleet
