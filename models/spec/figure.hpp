// Quantities and figures out of nodes, with their rules.
#pragma once

#include <optional>
#include <string>

#include "spec/reader.hpp"

namespace perfmodel::spec {

/// A scalar as a finite number without unit; a problem otherwise, with `hint` if it is no number at
/// all.
std::optional<double> plain_number(const Node& node, const std::string& path,
                                   const Context& context, const std::string& hint = {});

/// A scalar as a quantity within the rule's bounds; a problem otherwise.
std::optional<ParsedQuantity> checked_quantity(const Node& node, const std::string& path,
                                               const Context& context, const DimExponents& dim,
                                               const FigureRule& rule);

/// A figure, in base units; `origin` is left to the caller. Worth nothing if it added a problem.
Sourced<double> read_figure(const Node& node, const std::string& path, Context& context,
                            const DimExponents& dim, const FigureRule& rule);

}  // namespace perfmodel::spec
