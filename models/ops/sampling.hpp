// Softmax over the vocabulary and the choice of the next token.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct SamplingArgs {
  double vocab = 0;  // on this device
  Bytes logit{};     // per element
};
extern const OpKind kSampling;

}  // namespace perfmodel::ops
