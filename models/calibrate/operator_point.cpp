#include "calibrate/operator_point.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cost/roofline.hpp"
#include "mapping/matrix_format.hpp"
#include "ops/attention.hpp"
#include "ops/gemm.hpp"
#include "ops/latent_attention.hpp"

namespace perfmodel::calibrate {
namespace {

using spec::Infeasible;

/// What a collective of serving software's own kernels takes to start, to which tables have a
/// factor. The architecture has no part in it: a profile's figure stands in its place.
constexpr double kOwnCollective = 3e-6;

/// The latent's width in the absorbed form; the rest of the key carries the position.
constexpr double kLatent = 512;
constexpr double kRope = 64;

Bytes bytes_of(spec::Compute c) {
  using enum spec::Compute;
  switch (c) {
    case fp32:
    case tf32:
      return Bytes::from_base(4);
    case fp8:
    case int8:
      return Bytes::from_base(1);
    case fp6:
      return Bytes::from_base(0.75);
    case fp4:
      return spec::bytes_per_element(spec::Storage::nvfp4);
    case int4:
      return Bytes::from_base(0.5);
    default:
      return Bytes::from_base(2);
  }
}

constexpr Bytes kWide = Bytes::from_base(2);

Infeasible refuse(std::string reason) {
  return {spec::Why::missing_figure, std::move(reason), ""};
}

void product(const OperatorTiming& t, OperatorPoint& p) {
  ops::Pass pass;
  pass.sequences = t.m;
  const ops::GemmArgs a{.k = t.k,
                        .n = t.n,
                        .weight = spec::bytes_per_element(*t.weights),
                        .in = bytes_of(*t.dtype),
                        .out = kWide,
                        .packed = mapping::packed({*t.weights, *t.dtype}),
                        .widened = mapping::widened({*t.weights, *t.dtype}),
                        .converts = t.quantise != Quantise::apart};
  p.cost = ops::Op::make(ops::kGemm, "gemm", a).cost(pass);
}

/// As the operator's formulas, with the rows that were there rather than those expected of a
/// router. A group without rows needs no weights.
void grouped_product(const OperatorTiming& t, OperatorPoint& p) {
  const double rows = t.rows > 0 ? t.rows : t.m * t.groups;
  const double hit = std::min(t.groups, rows);
  auto& c = p.cost;
  c.matrix = Ops::from_base(2.0 * rows * t.k * t.n);
  c.weights = spec::bytes_per_element(*t.weights) * (hit * t.k * t.n);
  c.activations = (bytes_of(*t.dtype) * t.k + kWide * t.n) * rows;
  c.groups = hit;
  c.rows = rows / hit;
  c.columns = t.n;
  c.depth = t.k;
  c.packed = mapping::packed({*t.weights, *t.dtype});
  c.widened = mapping::widened({*t.weights, *t.dtype});
}

ops::Pass prompt(const OperatorTiming& t) {
  ops::Pass pass;
  pass.phase = ops::Phase::prefill;
  pass.sequences = t.batch;
  pass.tokens_per_sequence = t.length;
  pass.causal_length = t.length;
  pass.context_low = pass.context_high = t.tokens;
  return pass;
}

ops::Pass token(const OperatorTiming& t) {
  ops::Pass pass;
  pass.sequences = t.batch;
  // The new token's own key is part of the length.
  pass.context_low = pass.context_high = t.length - 1.0;
  return pass;
}

void attention(const OperatorTiming& t, const ops::Pass& pass, OperatorPoint& p) {
  const ops::AttentionArgs a{.heads = t.heads,
                             .kv_heads = t.kv_heads,
                             .qk_dim = t.head_dim,
                             .v_dim = t.v_dim > 0 ? t.v_dim : t.head_dim,
                             .kv = spec::bytes_per_element(*t.kv),
                             .activation = kWide};
  p.cost = ops::Op::make(ops::kAttention, "attention", a).cost(pass);
}

void latent_attention(const OperatorTiming& t, const ops::Pass& pass, OperatorPoint& p) {
  const ops::LatentAttentionArgs a{.heads = t.heads,
                                   .latent = kLatent,
                                   .nope = t.head_dim - kRope,
                                   .rope = kRope,
                                   .v_dim = t.v_dim,
                                   .kv = spec::bytes_per_element(*t.kv),
                                   .activation = kWide};
  p.cost = ops::Op::make(ops::kLatentAttention, "latent_attention", a).cost(pass);
}

void message(const OperatorTiming& t, ops::Pattern pattern, OperatorPoint& p) {
  p.curve = kLinkCurve;
  p.devices = t.devices;
  p.cost.message.pattern = pattern;
  p.cost.message.bytes = t.bytes;
  // Serving software has kernels of its own for small messages; the rest is the library's.
  const bool own = t.kernel.starts_with("custom");
  p.provider = own ? cost::Provider::any : cost::Provider::library;
}

void exchange(const OperatorTiming& t, ops::Pattern pattern, OperatorPoint& p) {
  message(t, pattern, p);
  if (t.bytes.base() <= 0) p.cost.message.bytes = bytes_of(*t.dtype) * t.n;
  p.cost.message.tokens = t.tokens;
  p.cost.message.fanout = t.topk;
}

std::string table_of(const OperatorTiming& t) {
  using enum OperatorKind;
  if (t.op == dispatch || t.op == combine) return t.source;
  std::string s = t.source;
  const auto append = [&](std::string_view part) {
    if (!part.empty()) s += fmt::format("/{}", part);
  };
  if (t.op == all_reduce || t.op == all_gather || t.op == reduce_scatter) {
    append(t.kernel);
    return s;
  }
  if (t.op == gemm && t.weights) append(spec::name_of(*t.weights));
  if (t.op == gemm && t.quantise == Quantise::with_known_scale) append("static");
  if (t.op == grouped_gemm) append(t.kernel);
  if (t.op == attention_prefill || t.op == attention_decode)
    if (t.kv) append(spec::name_of(*t.kv));
  if (t.op == attention_prefill && t.dtype) append(spec::name_of(*t.dtype));
  if (t.op == mla_decode || t.op == mla_prefill) append("mla");
  return s;
}

/// Benchmarks read the same KV cache again and again. One that is not far larger than the
/// last-level cache comes from there in part, which a serving engine's does not. Reads too short to
/// matter beside the kernel's start tell of that.
bool found_in_cache(Bytes kv, const hw::Chip& chip) {
  constexpr double kFarLarger = 2.0;
  constexpr Bytes kUnknownCache = Bytes::from_base(128e6);
  constexpr Time kShort = Time::from_base(2e-6);
  if (!chip.memory_bandwidth) return false;
  const auto cache = chip.cache ? chip.cache->value / chip.devices : kUnknownCache;
  if (kv > cache * kFarLarger) return false;
  return kv / (chip.memory_bandwidth->value / chip.devices) > kShort;
}

}  // namespace

std::string_view curve_name(std::size_t curve) {
  return curve == kLinkCurve ? "link" : hw::kCurveNames[curve];
}

spec::Outcome<OperatorPoint> express_operator(const OperatorTiming& t, const Site& site, Use use) {
  using enum OperatorKind;
  OperatorPoint p;
  p.row = &t;
  p.site = &site;
  p.table = table_of(t);
  if (t.dtype) p.compute = *t.dtype;
  if (!t.sound()) return refuse("flagged: " + t.flag);
  switch (t.op) {
    case gemm:
      p.curve = 0;
      product(t, p);
      break;
    case grouped_gemm:
      p.curve = 1;
      grouped_product(t, p);
      break;
    case attention_prefill:
      p.curve = 2;
      attention(t, prompt(t), p);
      break;
    case mla_prefill:
      p.curve = 2;
      latent_attention(t, prompt(t), p);
      break;
    case attention_decode:
      p.curve = 3;
      attention(t, token(t), p);
      break;
    case mla_decode:
      p.curve = 3;
      latent_attention(t, token(t), p);
      break;
    case all_reduce:
      message(t, ops::Pattern::all_reduce, p);
      break;
    case all_gather:
      message(t, ops::Pattern::all_gather, p);
      break;
    case reduce_scatter:
      message(t, ops::Pattern::reduce_scatter, p);
      break;
    case dispatch:
      exchange(t, ops::Pattern::dispatch, p);
      break;
    case combine:
      exchange(t, ops::Pattern::combine, p);
      break;
    default:
      return refuse(fmt::format("{} has no curve", name_of(t.op)));
  }
  p.op_class = p.curve == kLinkCurve ? ops::OpClass::link : cost::kCurveClasses[p.curve];
  if (use == Use::inform && p.curve == 3 && found_in_cache(p.cost.kv, site.chip))
    return refuse("much of the KV cache may be found in the last-level cache by a repeated kernel");
  const bool routed = p.cost.message.fanout > 0;
  if (p.curve == kLinkCurve && !routed) {
    const auto m = bare_machine(site, {}, p.devices);
    const auto route = cost::make_route(m, p.devices, 1.0);
    if (cost::unknown_link(m, route) != cost::kMaxLinks) return refuse("the link is not known");
    // A template does not say how a machine's devices are joined, only what a pair of them has.
    if (!site.system.tiers_from_chip.empty() && p.devices > 2)
      return refuse("nobody says how more than two such devices are joined");
    if (m.links[route.levels[route.count - 1].link].extent >
        site.system.chip_count() * site.chip.devices)
      return refuse("over the network between systems");
  }
  if (p.op_class != ops::OpClass::link) {
    const auto& peak = site.chip.matrix[spec::index(p.compute)];
    if (!peak) return refuse(fmt::format("no {} peak is known", spec::name_of(p.compute)));
  }
  return p;
}

cost::Machine bare_machine(const Site& site, const hw::KernelCurves& kernels, double devices) {
  static const cost::Stack nothing = [] {
    cost::Stack s;
    for (auto* f :
         {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode, &s.vector, &s.memory,
          &s.link, &s.kernel_start, &s.memory_use, &s.interference, &s.imbalance})
      f->value = Count::from_base(1);
    s.chunk.value = Count::from_base(8192);
    s.collective.value = Time::from_base(kOwnCollective);
    return s;
  }();
  hw::Family family;
  family.tile_m = site.family.tile_m;
  family.tile_n = site.family.tile_n;
  family.kernels = kernels;
  family.sharpness = site.family.sharpness;
  const double held = site.system.chip_count() * site.chip.devices;
  const int systems = static_cast<int>(std::ceil(devices / held));
  return cost::make_machine(site.chip, site.system, systems, &family, nothing);
}

void apply(cost::Machine& m, std::size_t curve, const TableFactors& factors) {
  if (curve == kLinkCurve) {
    for (auto* share :
         {&m.protocols.small, &m.protocols.direct, &m.protocols.large, &m.protocols.reduce})
      *share = std::min(1.0, *share * factors.share);
    m.collective *= factors.start;
    m.protocols.library *= factors.start;
    return;
  }
  const auto op_class = cost::kCurveClasses[curve];
  const auto c = static_cast<std::size_t>(op_class);
  m.efficiency[c] *= factors.share;
  // Decoding does little but read.
  if (op_class == ops::OpClass::attention_decode)
    m.curve[c].stream = std::min(1.0, m.curve[c].stream * factors.share);
  m.curve[c].stream = std::min(1.0, m.curve[c].stream * factors.stream);
  m.curve[c].start *= factors.start;
  m.curve[c].convert *= factors.start;
}

Time price(const cost::Machine& m, const OperatorPoint& p) {
  if (p.op_class != ops::OpClass::link)
    return cost::time_of(m, p.cost, p.op_class, p.compute).total;
  const auto route = cost::make_route(m, p.devices, 1.0);
  if (p.cost.message.pattern == ops::Pattern::all_reduce)
    return m.collective + cost::all_reduce(m, route, p.cost.message.bytes, p.provider);
  return cost::time_of_message(m, route, p.cost).total;
}

}  // namespace perfmodel::calibrate
