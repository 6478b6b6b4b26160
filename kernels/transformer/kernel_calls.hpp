// The kernels that a step of a model is made of, so that the step can be priced as their sum.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// `count` calls of the kernel whose descriptor has this name, with a shape in its meaning.
struct KernelCall {
  std::string name;
  Shape shape;
  std::int64_t count = 1;
};
using KernelCalls = std::vector<KernelCall>;

/// Adds one call, to an equal one where there is one.
void add_call(KernelCalls& calls, const std::string& name, const Shape& shape);

/// Sum of the costs that the descriptors state. Throws std::invalid_argument for a name that no
/// descriptor has.
Cost cost_of(const KernelCalls& calls);

}  // namespace perfmodel::kernels
