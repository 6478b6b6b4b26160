#include <algorithm>

#include "search/deployment.hpp"

namespace perfmodel::search {
namespace {

using mapping::Parallelism;

/// Beyond this many devices a tensor-parallel group spends its time in messages on every machine in
/// the table.
constexpr int kMaxTensorParallel = 64;
/// As many groups as share a sequence in the widest published deployment (arXiv 2411.01783).
constexpr int kMaxContextParallel = 16;
/// Experts are cut over the devices of a server at most, in every published deployment; what more
/// pieces of a token's way cost is not known.
constexpr int kMostCut = 8;

/// Divisors of n, so that engines tile the system, and powers of two, so that odd counts are not
/// stuck.
bool tiles(int size, int n) {
  return n % size == 0 || (size & (size - 1)) == 0;
}
std::vector<int> sizes_up_to(int limit, int n) {
  std::vector<int> r;
  for (int i = 1; i <= limit; ++i)
    if (tiles(i, n)) r.push_back(i);
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
  // More ranks than experts only adds copies; half as many again is what published machines use at
  // most.
  const int widest = moe == nullptr ? devices / stages
                                    : std::min(devices / stages, moe->experts + moe->experts / 2);
  const int most = mapping::divides_sequences(llm) ? std::min(kMaxContextParallel, widest) : 1;
  // Undivided sequences first: few others beat the best of them, and what cannot is soon left.
  // Halves of halves: what is divided in causal pieces that pair off is divided so in practice.
  for (int cp = 1; cp <= most; cp *= 2) {
    if (!allows(shapes.contexts, cp)) continue;
    for (int tp : sizes_up_to(std::min(kMaxTensorParallel, widest / cp), devices)) {
      const int group = tp * cp;
      if (!tiles(cp, devices / tp) || !mapping::divides_heads(tp, llm)) continue;
      if (moe == nullptr) {
        // Data-parallel copies of a dense model are engines of their own.
        r.push_back({.tp = tp, .pp = stages, .cp = cp});
        continue;
      }
      for (int dp : sizes_up_to(widest / group, devices / group)) {
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
