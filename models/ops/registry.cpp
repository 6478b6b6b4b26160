#include "ops/registry.hpp"

#include <array>

#include "ops/attention.hpp"
#include "ops/communication.hpp"
#include "ops/compressed_attention.hpp"
#include "ops/elementwise.hpp"
#include "ops/embedding.hpp"
#include "ops/gemm.hpp"
#include "ops/grouped_gemm.hpp"
#include "ops/indexer.hpp"
#include "ops/latent_attention.hpp"
#include "ops/linear_attention.hpp"
#include "ops/sampling.hpp"

namespace perfmodel::ops {
namespace {

constexpr std::array kKinds = {
    &kGemm,
    &kGroupedGemm,
    &kAttention,
    &kLatentAttention,
    &kCompressedAttention,
    &kIndexer,
    &kLinearAttention,
    &kElementwise,
    &kEmbedding,
    &kSampling,
    &kAllReduce,
    &kAllGather,
    &kReduceScatter,
    &kDispatch,
    &kCombine,
    &kContextExchange,
    &kSend,
};

}  // namespace

std::span<const OpKind* const> all_kinds() {
  return kKinds;
}

const OpKind* find_kind(std::string_view id) {
  for (const auto* k : kKinds)
    if (k->id == id) return k;
  return nullptr;
}

}  // namespace perfmodel::ops
