#include "calibrate/operator_limit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "units/literals.hpp"
#include "units/text.hpp"

namespace perfmodel::calibrate {
namespace {

using namespace literals;

/// More than the last-level cache of any chip holds.
constexpr Bytes kBeyondCaches = exact(1_GiB);

/// Bytes of one element without its share of a scale.
double element(spec::Storage s) {
  return spec::info(s).bits / 8.0;
}
double element(spec::Compute c) {
  switch (c) {
    case spec::Compute::fp32:
    case spec::Compute::tf32:
      return 4;
    case spec::Compute::fp16:
    case spec::Compute::bf16:
      return 2;
    case spec::Compute::fp8:
    case spec::Compute::int8:
      return 1;
    case spec::Compute::fp6:
      return 0.75;
    case spec::Compute::fp4:
    case spec::Compute::int4:
      return 0.5;
  }
  return 0;
}
template <class E>
double element(const std::optional<E>& e) {
  return e ? element(*e) : 0;
}

/// Two operations per element of the triangle, for the keys and for the values.
double attention_ops(const OperatorTiming& t, double pairs) {
  return 2 * t.batch * t.heads * pairs * (t.head_dim + (t.v_dim > 0 ? t.v_dim : t.head_dim));
}

// The high ends of the chip's figures, for one of its devices.
std::optional<OpRate> matrix_peak(const OperatorTiming& t, const hw::Chip& chip) {
  if (!t.dtype || !chip.peak(*t.dtype)) return std::nullopt;
  return chip.peak(*t.dtype)->high / chip.devices;
}
std::optional<Bandwidth> memory_peak(const hw::Chip& chip) {
  if (!chip.memory_bandwidth) return std::nullopt;
  return chip.memory_bandwidth->high / chip.devices;
}
std::optional<Bandwidth> link_peak(const hw::Chip& chip) {
  std::optional<Bandwidth> best;
  for (const auto* l : {&chip.link_scale_up, &chip.link_scale_out})
    if (*l && (!best || (*l)->high > *best)) best = (*l)->high;
  if (best) *best /= chip.devices;
  return best;
}

}  // namespace

LeastWork least_work(const OperatorTiming& t) {
  using enum OperatorKind;
  double ops = 0, read = 0, sent = 0;
  const double others = t.devices > 0 ? (t.devices - 1) / t.devices : 0;
  switch (t.op) {
    case gemm:
    case batched_gemm: {
      const double groups = std::max(t.groups, 1.0);
      ops = 2 * groups * t.m * t.n * t.k;
      read = groups * t.k * (t.n * element(t.weights) + t.m * element(t.dtype));
      break;
    }
    case grouped_gemm: {
      const double rows = t.rows > 0 ? t.rows : t.m * t.groups;
      ops = 2 * rows * t.n * t.k;
      read = t.k * (std::min(t.groups, rows) * t.n * element(t.weights) + rows * element(t.dtype));
      break;
    }
    case attention_prefill:
    case mla_prefill: {
      const double v = t.v_dim > 0 ? t.v_dim : t.head_dim;
      ops = attention_ops(t, t.length * (t.length + 1) / 2);
      read = t.batch * t.length * element(t.dtype) *
             (t.heads * t.head_dim + t.kv_heads * (t.head_dim + v));
      break;
    }
    case attention_decode:
      ops = attention_ops(t, t.length);
      read = t.batch * t.length * t.kv_heads * element(t.kv) *
             (t.head_dim + (t.v_dim > 0 ? t.v_dim : t.head_dim));
      break;
    case mla_decode:  // the values are a part of the keys
      ops = attention_ops(t, t.length);
      read = t.batch * t.length * t.head_dim * element(t.kv);
      break;
    case all_reduce:
    case all_gather:
    case reduce_scatter:
    case all_to_all:
      // A switch that reduces spares no device the sending of what it does not keep.
      sent = t.bytes.base() * others;
      break;
    case send:
      sent = t.bytes.base();
      break;
    case activation:
    case norm:
    case softmax:
    case rope:
    case embedding:
      read = t.tokens * t.n * element(t.dtype);
      break;
    case add:
      read = 2 * t.tokens * t.n * element(t.dtype);
      break;
    case dispatch:  // how many copies leave the device is the router's choice
    case combine:
    case quantise_scale:  // a difference of two times
      break;
  }
  return {Ops::from_base(ops), Bytes::from_base(read), Bytes::from_base(sent)};
}

std::optional<LeastTime> least_time(const OperatorTiming& t, const hw::Chip& chip) {
  const auto work = least_work(t);
  std::optional<LeastTime> longest;
  const auto consider = [&](Roof roof, Time time) {
    if (!longest || time > longest->time) longest = LeastTime{time, roof};
  };
  if (const auto peak = matrix_peak(t, chip); peak && work.matrix > Ops())
    consider(Roof::matrix, work.matrix / *peak);
  const auto cache = chip.cache ? chip.cache->high / chip.devices : kBeyondCaches;
  if (const auto peak = memory_peak(chip); peak && work.read > cache)
    consider(Roof::memory, work.read / *peak);
  if (const auto peak = link_peak(chip); peak && work.sent > Bytes())
    consider(Roof::link, work.sent / *peak);
  return longest;
}

std::string above_peak(const OperatorTiming& t, const hw::Chip& chip) {
  if (!t.sound()) return {};
  const auto least = least_time(t, chip);
  if (!least || t.time >= least->time) return {};
  const auto work = least_work(t);
  std::string amount, roof, peak;
  switch (least->roof) {
    case Roof::matrix:
      amount = format(work.matrix);
      roof = fmt::format("the {} peak", spec::name_of(*t.dtype));
      peak = format(*matrix_peak(t, chip));
      break;
    case Roof::memory:
      amount = format(work.read);
      roof = "the memory bandwidth";
      peak = format(*memory_peak(chip));
      break;
    case Roof::link:
      amount = format(work.sent);
      roof = "the one-way link";
      peak = format(*link_peak(chip));
      break;
  }
  return fmt::format("{} is less than the {} that {} take at {} of {}, {}", format(t.time),
                     format(least->time), amount, roof, chip.id, peak);
}

}  // namespace perfmodel::calibrate
