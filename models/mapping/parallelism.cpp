#include "mapping/parallelism.hpp"

#include <fmt/format.h>

namespace perfmodel::mapping {
namespace {

int heads_of(const llm::GroupedQuery& a) {
  return a.heads;
}
int heads_of(const llm::Latent& a) {
  return a.heads;
}
int heads_of(const llm::Compressed& a) {
  return a.heads;
}
int heads_of(const llm::Linear& a) {
  return a.v_heads;
}

int heads_of(const llm::AttentionBlock& b) {
  return std::visit([](const auto& kind) { return heads_of(kind); }, b.kind);
}

}  // namespace

std::string to_string(const Parallelism& p) {
  std::string s = fmt::format("tp={}", p.tp);
  if (p.pp > 1) s += fmt::format(" pp={}", p.pp);
  if (p.dp > 1) s += fmt::format(" dp={}", p.dp);
  if (p.ep > 1) s += fmt::format(" ep={}", p.ep);
  if (p.moe_tp > 1) s += fmt::format(" moe-tp={}", p.moe_tp);
  return s;
}

bool divides_heads(int tp, const llm::LlmSpec& llm) {
  for (const auto& b : llm.attention)
    if (heads_of(b) % tp != 0) return false;
  return true;
}

int nearest_tp(int tp, const llm::LlmSpec& llm) {
  for (int t = tp; t > 1; --t)
    if (divides_heads(t, llm)) return t;
  return 1;
}

std::optional<spec::Infeasible> check(const Parallelism& p, const llm::LlmSpec& llm) {
  using spec::Why;
  for (const auto& b : llm.attention) {
    const int heads = heads_of(b);
    if (heads % p.tp == 0) continue;
    return spec::Infeasible{
        Why::invalid_mapping,
        fmt::format("tp={} does not divide the {} attention heads of {}", p.tp, heads, llm.id),
        fmt::format("tp={}", nearest_tp(p.tp, llm))};
  }
  if (p.pp > llm.layers()) {
    return spec::Infeasible{
        Why::invalid_mapping,
        fmt::format("pp={} is more stages than the {} layers of {}", p.pp, llm.layers(), llm.id),
        fmt::format("pp={}", llm.layers())};
  }
  const auto* moe = llm.moe();
  if (moe == nullptr) {
    if (p.ep == 1 && p.moe_tp == 1) return std::nullopt;
    return spec::Infeasible{Why::invalid_mapping,
                            fmt::format("{} has no experts, so ep and moe-tp must be 1", llm.id),
                            "ep=1"};
  }
  if (p.ep * p.moe_tp != p.stage_devices()) {
    return spec::Infeasible{
        Why::invalid_mapping,
        fmt::format("ep={} x moe-tp={} must equal tp={} x dp={}", p.ep, p.moe_tp, p.tp, p.dp),
        fmt::format("ep={}", p.stage_devices())};
  }
  if (moe->width % p.moe_tp != 0) {
    return spec::Infeasible{
        Why::invalid_mapping,
        fmt::format("moe-tp={} does not divide the expert width {}", p.moe_tp, moe->width),
        fmt::format("ep={}", p.stage_devices())};
  }
  return std::nullopt;
}

}  // namespace perfmodel::mapping
