#include <algorithm>

#include "search/deployment.hpp"

namespace perfmodel::search {
namespace {

using mapping::Parallelism;

/// Beyond this many devices a tensor-parallel group spends its time in messages on every machine in
/// the table.
constexpr int kMaxTensorParallel = 64;
/// Four times the groups that share a sequence in the widest published deployment (arXiv
/// 2411.01783).
constexpr int kMaxContextParallel = 64;
/// Experts are cut over the devices of a server at most, in every published deployment; what more
/// pieces of a token's way cost is not known.
constexpr int kMostCut = 8;

/// Divisors of n, so that engines tile the system, and powers of two, so that odd counts are not
/// stuck.
std::vector<int> sizes_up_to(int limit, int n) {
  std::vector<int> r;
  for (int i = 1; i <= limit; ++i)
    if (n % i == 0 || (i & (i - 1)) == 0) r.push_back(i);
  return r;
}

bool allows(const std::vector<int>& sizes, int size) {
  return sizes.empty() || std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

}  // namespace

std::vector<Parallelism> candidates(const llm::LlmSpec& llm, int devices, int stages,
                                    const Shapes& shapes) {
  std::vector<Parallelism> r;
  if (!allows(shapes.stages, stages)) return r;
  const auto* moe = llm.moe();
  for (int tp : sizes_up_to(std::min(kMaxTensorParallel, devices / stages), devices)) {
    if (!mapping::divides_heads(tp, llm)) continue;
    // More ranks than experts only adds copies; half as many again is what published machines use
    // at most.
    int widest = devices / stages / tp;
    if (moe != nullptr) widest = std::min(widest, (moe->experts + moe->experts / 2) / tp);
    const int most = mapping::divides_sequences(llm) ? std::min(kMaxContextParallel, widest) : 1;
    for (int cp : sizes_up_to(most, devices / tp)) {
      if (!allows(shapes.contexts, cp)) continue;
      if (moe == nullptr) {
        // Data-parallel copies of a dense model are engines of their own.
        r.push_back({.tp = tp, .pp = stages, .cp = cp});
        continue;
      }
      const int group = tp * cp;
      for (int dp : sizes_up_to(widest / cp, devices / group)) {
        // Experts whole, or cut over the devices of a group.
        const int stage = group * dp;
        for (int cut = 1; cut <= std::min(stage, kMostCut); ++cut)
          if (stage % cut == 0 && moe->width % cut == 0 && allows(shapes.cuts, cut))
            r.push_back(
                {.tp = tp, .pp = stages, .dp = dp, .ep = stage / cut, .moe_tp = cut, .cp = cp});
      }
    }
  }
  return r;
}

}  // namespace perfmodel::search
