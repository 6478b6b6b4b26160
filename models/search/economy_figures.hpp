// The figures that power and cost of an answer rest on.
#pragma once

#include <vector>

#include "power/coefficients.hpp"
#include "search/provenance.hpp"
#include "tco/prices.hpp"

namespace perfmodel::search {

/// All of the side `economy`, as power/system_power.hpp and tco/cost.hpp read them: common
/// coefficients and prices that a published figure replaces are left out. None where a chip's power
/// is not published, since there is then neither. Figures of a prefill pool's own site have
/// "prefill." before their paths.
std::vector<UsedFigure> economy_figures(const Site& site, const power::Coefficients& coefficients,
                                        const tco::Prices& prices, const Site* prefill = nullptr);

}  // namespace perfmodel::search
