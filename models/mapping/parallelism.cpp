#include "mapping/parallelism.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "spec/diagnostics.hpp"
#include "units/number.hpp"

namespace perfmodel::mapping {
namespace {

constexpr int kMaxDegree = 1'000'000;
/// Beyond any machine, and small enough that products of degrees stay whole numbers.
constexpr int kMaxDevices = 100'000'000;

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

/// What keeps a sequence from being divided; empty where nothing does.
std::string_view undivided(const llm::GroupedQuery& a) {
  if (a.window > 0) return "attention over a window";
  return a.indexer ? "attention to selected keys" : "";
}
std::string_view undivided(const llm::Latent& a) {
  return a.indexer ? "attention to selected keys" : "";
}
std::string_view undivided(const llm::Compressed&) {
  return "attention to a compressed context";
}
std::string_view undivided(const llm::Linear&) {
  return "linear attention";
}

std::string_view undivided(const llm::LlmSpec& llm) {
  for (const auto& b : llm.attention) {
    const auto what = std::visit([](const auto& kind) { return undivided(kind); }, b.kind);
    if (!what.empty()) return what;
  }
  return "";
}

}  // namespace

std::string to_string(const Parallelism& p) {
  std::string s = fmt::format("tp={}", p.tp);
  if (p.pp > 1) s += fmt::format(" pp={}", p.pp);
  if (p.cp > 1) s += fmt::format(" cp={}", p.cp);
  if (p.dp > 1) s += fmt::format(" dp={}", p.dp);
  if (p.ep > 1) s += fmt::format(" ep={}", p.ep);
  if (p.moe_tp > 1) s += fmt::format(" moe-tp={}", p.moe_tp);
  return s;
}

namespace {

struct Degree {
  std::string_view name;
  int value = 0;  // 0: not given
};

/// One "tp=8"; problems are added.
void read_degree(std::string_view item, std::array<Degree, 6>& degrees,
                 std::vector<std::string>& problems) {
  const auto equals = std::min(item.find('='), item.size());
  const auto key = item.substr(0, equals);
  const auto digits = item.substr(std::min(equals + 1, item.size()));
  const int n = entire_number<int>(digits).value_or(0);
  if (key.empty() || n < 1 || n > kMaxDegree) {
    problems.push_back(fmt::format("'{}' is not a degree (write tp=8,dp=4,ep=32 or auto)", item));
    return;
  }
  std::vector<std::string_view> names;
  for (auto& d : degrees) {
    names.push_back(d.name);
    if (d.name != key) continue;
    if (d.value != 0) problems.push_back(fmt::format("{} is given twice", key));
    d.value = n;
    return;
  }
  const auto near = spec::nearest(key, names);
  problems.push_back(fmt::format("unknown degree '{}' (tp, pp, cp, dp, ep, moe-tp{})", key,
                                 near.empty() ? "" : "; nearest: " + near));
}

}  // namespace

Parallelism AskedParallelism::of(const llm::LlmSpec& llm) const {
  auto p = degrees;
  if (!experts_given && llm.is_moe()) p.ep = p.stage_devices();
  return p;
}

std::optional<AskedParallelism> parse_parallelism(std::string_view text,
                                                  std::vector<std::string>& problems) {
  const auto before = problems.size();
  std::array<Degree, 6> degrees = {{{"tp"}, {"pp"}, {"dp"}, {"ep"}, {"moe-tp"}, {"cp"}}};
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    read_degree(rest.substr(0, comma), degrees, problems);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const auto at = [&](std::size_t i) { return std::max(1, degrees[i].value); };
  AskedParallelism asked;
  auto& p = asked.degrees;
  p = {.tp = at(0), .pp = at(1), .dp = at(2), .ep = at(3), .moe_tp = at(4), .cp = at(5)};
  const bool moe_tp_given = degrees[4].value != 0;
  asked.experts_given = degrees[3].value != 0 || moe_tp_given;
  const double devices = static_cast<double>(p.tp) * p.pp * p.cp * p.dp;
  const double experts = static_cast<double>(p.ep) * p.moe_tp;
  if (std::max(devices, experts) > kMaxDevices)
    problems.push_back(fmt::format("'{}' needs {:.3g} devices (at most {})", text,
                                   std::max(devices, experts), kMaxDevices));
  if (problems.size() != before) return std::nullopt;
  const int stage = p.stage_devices();
  if (moe_tp_given && p.ep == 1 && stage % p.moe_tp == 0) p.ep = stage / p.moe_tp;
  if (asked.experts_given && !moe_tp_given && stage % p.ep == 0) p.moe_tp = stage / p.ep;
  return asked;
}

bool divides_heads(int tp, const llm::LlmSpec& llm) {
  for (const auto& b : llm.attention)
    if (heads_of(b) % tp != 0) return false;
  return true;
}

bool divides_sequences(const llm::LlmSpec& llm) {
  return undivided(llm).empty();
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
  if (p.cp > 1 && !divides_sequences(llm)) {
    return spec::Infeasible{
        Why::invalid_mapping,
        fmt::format("cp={}: {} has {}, which does not divide along the sequence", p.cp, llm.id,
                    undivided(llm)),
        "cp=1"};
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
        fmt::format("ep={} x moe-tp={} must equal tp={} x {}dp={}", p.ep, p.moe_tp, p.tp,
                    p.cp > 1 ? fmt::format("cp={} x ", p.cp) : "", p.dp),
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
