// A product of activations with one weight matrix on one device, alone: what storing the weights in
// a format is worth there.
#pragma once

#include <string>

#include "cost/machine.hpp"
#include "cost/roofline.hpp"
#include "hw/chip.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::phase {

struct ProductSize {
  double rows = 1;  // tokens
  double columns = 1;
  double depth = 1;
};

struct WeightProduct {
  Time time{};
  cost::Bound bound = cost::Bound::overhead;
  spec::Compute compute = spec::Compute::bf16;
  std::string fallback;  // what stands in for a type that the chip lacks; empty where none does
};

/// With the operator, the fallback and the cost of a model's matrices; activations come and go in
/// 16 bits where the product does not take them narrower. `machine` is that of the chip. Fails
/// where no type of the chip can multiply such weights.
spec::Outcome<WeightProduct> weight_product(const cost::Machine& machine, const hw::Chip& chip,
                                            spec::Storage weights, const ProductSize& size);

}  // namespace perfmodel::phase
