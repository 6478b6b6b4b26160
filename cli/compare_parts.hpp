// What one part of the machine after the other makes of the difference between two systems.
#pragma once

#include "cli/setup.hpp"
#include "report/comparison_record.hpp"
#include "search/exchange.hpp"

namespace perfmodel::cli {

/// A system of the comparison, loaded.
struct Contender {
  std::string label;
  Setup setup;
  Question question;  // its own software in it
};

/// The rate per chip that `metric` (output, decode, prefill) names.
Frequency rate_per_chip(const std::string& metric, const Setup& setup,
                        const search::Deployment& deployment);

/// Takes the ratio of `system.answer` over `base.answer` apart: parts of the baseline's machine are
/// exchanged for the other's in every order, the best deployment is searched anew in each machine
/// on the way, and each part gets the mean of what it adds to the logarithm of the rate
/// (search/attribution.hpp). Both must be feasible. `shapes`: of engines that the machines between
/// are given, those that serve best at the two ends at least. Fills factors, orders, no_factors.
void take_apart(const std::string& metric, const Contender& from,
                const report::ComparedSystem& base, const Contender& to,
                const search::Shapes& shapes, report::ComparedSystem& system);

}  // namespace perfmodel::cli
