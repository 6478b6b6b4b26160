#include "cli/host_operators.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "kernels/registry/sample.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::OperatorKind;
using calibrate::OperatorTiming;
using spec::Storage;

/// The middle of "gemm/e4m3/128x128/bf16": format and scale scheme of the weights.
std::string format_part(const kernels::Descriptor& d) {
  const auto first = d.name.find('/');
  return d.name.substr(first + 1, d.name.rfind('/') - first - 1);
}

std::optional<Storage> storage_of(const kernels::Descriptor& d) {
  const auto part = format_part(d);
  if (part == "bf16") return Storage::bf16;
  if (part == "fp16") return Storage::fp16;
  if (part.starts_with("e2m1/mx32")) return Storage::mxfp4;
  if (part.starts_with("int8/")) return Storage::int8;
  if (part.starts_with("e5m2/")) return Storage::fp8_e5m2;
  if (part.starts_with("e4m3/mx32")) return Storage::mxfp8;
  if (part == "e4m3/128x128-ue8m0") return Storage::fp8_ue8m0;
  if (part == "e4m3/128x128") return Storage::fp8_block;
  if (part.starts_with("e4m3/")) return Storage::fp8;
  return std::nullopt;
}

/// Sequence i has 7 i tokens less than the first: the mean stands for all.
double mean_tokens(const kernels::Shape& s) {
  double sum = 0;
  for (std::int64_t i = 0; i < s.m; ++i)
    sum += static_cast<double>(std::max<std::int64_t>(s.n - 7 * i, 0));
  return sum / static_cast<double>(s.m);
}

bool latent(const kernels::Descriptor& d) {
  return d.name.find("/mla/") != std::string::npos;
}

/// What the products of a tier are of.
spec::Compute multiplied_by(kernels::Tier tier) {
  using kernels::Tier;
  if (tier == Tier::avx512fp16) return spec::Compute::fp16;
  return tier == Tier::avx512bf16 || tier == Tier::amx ? spec::Compute::bf16 : spec::Compute::fp32;
}

/// What attention kernels have in common.
void heads_and_cache(const BenchRow& row, OperatorTiming& t) {
  const auto& s = row.shape;
  t.kv = row.kernel->weights == "e4m3" ? Storage::fp8 : Storage::bf16;
  t.dtype = multiplied_by(row.tier);
  t.kv_heads = static_cast<double>(s.k);
  t.heads = static_cast<double>(s.k * s.groups);
  t.head_dim = latent(*row.kernel) ? 576 : 128;
  t.v_dim = latent(*row.kernel) ? 512 : 128;
}

void decode(const BenchRow& row, OperatorTiming& t) {
  t.op = latent(*row.kernel) ? OperatorKind::mla_decode : OperatorKind::attention_decode;
  t.batch = static_cast<double>(row.shape.m);
  t.length = mean_tokens(row.shape);
  heads_and_cache(row, t);
}

/// New tokens of one sequence behind cached ones. The kernel works on the latent vectors, which are
/// keys and values of a single head that all queries share.
void prefill(const BenchRow& row, OperatorTiming& t) {
  const auto& s = row.shape;
  t.op = OperatorKind::attention_prefill;
  t.batch = 1;
  t.length = static_cast<double>(s.m);
  t.tokens = static_cast<double>(std::max<std::int64_t>(s.n - s.m, 0));
  heads_and_cache(row, t);
}

}  // namespace

spec::Outcome<OperatorTiming> host_timing(const BenchRow& row, std::string_view chip) {
  const auto& d = *row.kernel;
  const auto& s = row.shape;
  OperatorTiming t;
  t.file = row.file;
  t.line = row.line;
  t.id = fmt::format("{}/{}", d.name, to_string(s));
  // Kernels of one family in one arithmetic: what a software is to its tables.
  t.source = fmt::format("{}/{}/{}", d.family, d.activations, kernels::name_of(row.tier));
  t.chip = chip;
  t.time = row.time;
  if (d.family == "attention_decode") {
    t.source = fmt::format("{}/{}", d.family, kernels::name_of(row.tier));
    decode(row, t);
    return t;
  }
  if (d.family == "attention_prefill") {
    t.source =
        fmt::format("{}/{}/{}", d.family, latent(d) ? "mla" : "gqa", kernels::name_of(row.tier));
    prefill(row, t);
    return t;
  }
  const bool grouped = d.family == "grouped_gemm";
  if (d.family != "gemv" && d.family != "gemm" && !grouped)
    return spec::Infeasible{spec::Why::missing_figure,
                            fmt::format("the models have no operator for {}", d.family), ""};
  t.op = grouped ? OperatorKind::grouped_gemm : OperatorKind::gemm;
  t.weights = storage_of(d);
  if (!t.weights)
    return spec::Infeasible{spec::Why::missing_figure,
                            fmt::format("no storage format stands for {}", format_part(d)), ""};
  t.dtype = multiplied_by(row.tier);
  t.n = static_cast<double>(s.n);
  t.k = static_cast<double>(s.k);
  t.m = static_cast<double>(s.m);
  if (grouped) {
    const auto used = static_cast<double>(kernels::groups_with_rows(s.m, s.groups));
    t.groups = used;
    t.rows = t.m;
    t.m = std::max(1.0, t.rows / used);
    t.kernel = spec::name_of(*t.weights);
  }
  return t;
}

}  // namespace perfmodel::cli
