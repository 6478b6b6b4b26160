// Numbers between 0 and 1 for the samples of one figure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace perfmodel::uncertainty {

/// One column of a Latin hypercube: `n` numbers, one in each of n equal strata, in random order and
/// at random places in their strata. The order follows from `seed` and `key` alone, so two systems
/// that share a figure share its draws whatever else they are made of, and comparing them takes
/// away what they have in common. Same digits on every platform and with any number of threads.
std::vector<double> draws_of(std::string_view key, std::size_t n, std::uint64_t seed);

}  // namespace perfmodel::uncertainty
