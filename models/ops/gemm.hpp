// Dense matrix multiply: y[m, n] = x[m, k] W[k, n].
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct GemmArgs {
  double k = 0;
  double n = 0;
  Bytes weight{};        // per element
  Bytes in{};            // per element
  Bytes out{};           // per element
  bool logits = false;   // only the rows whose logits are wanted
  double row_share = 1;  // part of the rows that this device has (sequence-parallel sections)
  std::optional<spec::Compute> packed = {};  // type of four-bit weights that are widened
  bool widened = false;                      // weights are stored narrower than they are multiplied
  bool converts = false;  // activations are quantised by a kernel of their own just before
  double instances = 1;   // such products side by side in one launch
};
extern const OpKind kGemm;

}  // namespace perfmodel::ops
