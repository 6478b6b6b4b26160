// How far the predictions of one model are from those of another.
#pragma once

#include <cstdint>
#include <span>

namespace perfmodel::kernels {

/// KL is the divergence sum p ln(p / q) of the softmax q of `logits` from the softmax p of
/// `reference`, in nats: 0 where they agree, and what it costs to code p by q elsewhere.
struct LogitDivergence {
  double mean_kl = 0.0, max_kl = 0.0;
  double max_difference = 0.0;  // of a logit
  double relative_rms = 0.0;    // RMS of the differences over RMS of the reference
  double same_top = 1.0;        // share of rows with the same largest logit
};

/// Rows of `vocabulary` logits. Throws std::invalid_argument for sizes that do not fit, and for no
/// rows.
LogitDivergence logit_divergence(std::span<const double> reference, std::span<const float> logits,
                                 std::int64_t vocabulary);

}  // namespace perfmodel::kernels
