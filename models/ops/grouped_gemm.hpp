// Matrix multiply of routed experts: every token goes through `topk` of `experts` matrices, of
// which the device holds `local`.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct GroupedGemmArgs {
  double k = 0;
  double n = 0;
  Bytes weight{};  // per element
  Bytes in{};      // per element
  Bytes out{};     // per element
  double experts = 1;
  double topk = 1;
  double local = 1;        // experts on this device; places left over hold copies
  double token_share = 1;  // part of all tokens that may come to this copy of an expert
  double ranks = 1;        // expert-parallel ranks
  std::optional<spec::Compute> packed = {};
  bool widened = false;
  bool converts = false;  // as for a dense product
  double log_miss = 0;    // log(1 - topk/experts), -inf when every token meets every expert
  bool balanced = false;  // routing gives every rank the same load by construction
};
extern const OpKind kGroupedGemm;

/// Places `experts` on `ranks`, at least one on each: copies of experts fill ranks beyond one each,
/// and share their expert's tokens.
GroupedGemmArgs grouped_gemm_args(double experts, double topk, double ranks);

/// Experts whose weights one of `ranks` holds.
double experts_held(double experts, double ranks);

/// Expected number of `experts` that at least one of `tokens` tokens chooses under uniform routing:
/// E (1 - (1 - k/E)^T).
double experts_hit(double experts, double tokens, double log_miss);

}  // namespace perfmodel::ops
