#include "ops/sampling.hpp"

#include "ops/attention.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<SamplingArgs>();
  const double logits = p.logit_rows * a.vocab;
  c.vector = Ops::from_base(kSoftmaxOps * logits);
  // Read once for the maximum and once for the sum and choice.
  c.activations = a.logit * (2.0 * logits);
}

Op sample() {
  return Op::make(kSampling, "sampling",
                  SamplingArgs{.vocab = 32000, .logit = Bytes::from_base(4)});
}

}  // namespace

const OpKind kSampling{"sampling", "logits read twice", OpClass::vector, OpClass::vector, cost,
                       sample};

}  // namespace perfmodel::ops
