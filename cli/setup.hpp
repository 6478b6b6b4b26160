// One chip in one system with one model under one profile: everything the engine needs, loaded and
// checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "cli/estimate_options.hpp"
#include "cost/machine.hpp"
#include "search/deployment.hpp"
#include "search/provenance.hpp"

namespace perfmodel::cli {

/// What does not change between the asked system and those it is compared with.
struct Question {
  llm::LlmSpec llm;
  serving::Workload workload;
  cost::Stack stack;
  cost::Stack ceiling;
  power::Coefficients power;
  tco::Prices prices;
  search::Request request;
  mapping::PrecisionRequest precision;
  bool assume = false;
  int prefill_chips = 0;  // of a split that was asked for
  int decode_chips = 0;
};

struct Setup {
  hw::Chip chip;
  hw::System system;
  hw::Family family;
  int systems = 1;
  std::vector<std::string> changes;      // what-ifs, in words
  std::shared_ptr<const Setup> prefill;  // where prefill has systems of its own
  std::vector<search::OtherBin> bins;    // chips that may be at hand instead

  int chips() const { return system.chip_count() * systems; }
  int all_chips() const { return chips() + (prefill ? prefill->chips() : 0); }
  /// Borrows this setup.
  search::Site site() const { return {chip, family, system, systems, bins}; }
  int devices() const { return chips() * chip.devices; }
  cost::Machine machine(const cost::Stack& stack) const {
    return cost::make_machine(chip, system, systems, &family, stack);
  }
};

/// What the chip's family would put in the place of the figures that nobody published, as text for
/// the user; empty if none.
std::vector<std::string> stand_ins(const hw::Chip& chip, const hw::Family& family);

/// Why one chip's figures cannot stand for another's under an unchanged deployment; empty if they
/// can.
std::string no_bin(const hw::Chip& chip, const hw::Chip& bin);

/// The chip's own default system, the generic one if it names none.
std::string default_system(const hw::Chip& chip);

/// Chip and system as asked, with overrides, what-ifs and, where allowed, stand-ins from the
/// family.
Setup load_setup(const Catalog& catalog, const EstimateOptions& options);
/// The two steps of that, without a prefill system: before what-ifs, and with them, unless they
/// cannot be.
Setup load_as_built(const Catalog& catalog, const EstimateOptions& options);
spec::Outcome<Setup> with_what_if(Setup setup, const Catalog& catalog,
                                  const EstimateOptions& options);
/// `why` as an error of usage.
[[noreturn]] void refuse(const spec::Infeasible& why);
/// Another chip (or system) for comparison: no overrides.
Setup load_comparison(const Catalog& catalog, const std::string& chip, const std::string& system,
                      bool assume);

Question load_question(const Catalog& catalog, const EstimateOptions& options);

/// Finds the deployment, its precision included.
spec::Outcome<search::Deployment> solve(const Setup& setup, const Question& question,
                                        const mapping::PrecisionRequest& precision,
                                        const search::Request& request);

}  // namespace perfmodel::cli
