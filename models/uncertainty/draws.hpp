// Numbers between 0 and 1 for the samples of one figure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/sourced.hpp"

namespace perfmodel::uncertainty {

/// A figure's key for its draws. Without its file's folder, so that draws are the same wherever the
/// configs lie.
std::string key_of(const spec::Origin& origin);

/// One column of a Latin hypercube: `n` numbers, one in each of n equal strata, in random order and
/// at random places in their strata. The order follows from `seed` and `key` alone, so two systems
/// that share a figure share its draws whatever else they are made of, and comparing them takes
/// away what they have in common. Same digits on every platform and with any number of threads.
std::vector<double> draws_of(std::string_view key, std::size_t n, std::uint64_t seed);

}  // namespace perfmodel::uncertainty
