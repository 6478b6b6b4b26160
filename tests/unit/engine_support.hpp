// What the engine's tests share: the config folder, and machines whose figures are round numbers,
// so that expected times can be worked out by hand.
#pragma once

#include <string>

#include "cli/catalog.hpp"
#include "cost/machine.hpp"
#include "mapping/precision.hpp"
#include "units/quantity.hpp"

namespace perfmodel::test {

inline const cli::Catalog& catalog() {
  static const cli::Catalog c(PERFMODEL_CONFIG_DIR);
  return c;
}

inline Bytes bytes(double v) {
  return Bytes::from_base(v);
}
inline Ops ops(double v) {
  return Ops::from_base(v);
}
inline Time us(double v) {
  return Time::from_base(v * 1e-6);
}
inline Time ms(double v) {
  return Time::from_base(v * 1e-3);
}
inline Bandwidth gb_per_s(double v) {
  return Bandwidth::from_base(v * 1e9);
}

/// One device: 100 TFLOP/s in 16 bits, 200 in 8, 1 TB/s, 80 GB, every efficiency 1, no overhead, no
/// quantisation, hard maximum, no links.
inline cost::Machine round_machine() {
  cost::Machine m;
  for (auto c : {spec::Compute::fp16, spec::Compute::bf16})
    m.peak[spec::index(c)] = OpRate::from_base(100e12);
  for (auto c : {spec::Compute::fp8, spec::Compute::int8})
    m.peak[spec::index(c)] = OpRate::from_base(200e12);
  m.memory = gb_per_s(1000);
  m.capacity = bytes(80e9);
  m.efficiency.fill(1.0);
  m.sharpness = 0;
  m.quantise = false;
  return m;
}

inline void add_link(cost::Machine& m, double extent, double gb, double latency_us,
                     hw::Shape shape = hw::Shape::switched, bool reduction = false) {
  auto& l = m.links[m.link_count++];
  l.extent = extent;
  l.bandwidth = gb_per_s(gb);
  l.latency = us(latency_us);
  l.shape = shape;
  l.reduction = reduction;
}

/// Every tensor in one format, multiplied in BF16.
inline mapping::Precision uniform_precision(spec::Storage s) {
  mapping::Precision p;
  p.attention = p.ffn = p.experts = p.embedding = p.head = p.kv = s;
  return p;
}

/// A figure with no spread.
template <class Q>
spec::Sourced<Q> figure(Q value) {
  spec::Sourced<Q> f;
  f.value = f.low = f.high = value;
  return f;
}

/// "deepseek-v3.2" -> "deepseek_v3_2", as GoogleTest wants its names.
inline std::string test_name(std::string id) {
  for (auto& c : id)
    if (c == '-' || c == '.') c = '_';
  return id;
}

}  // namespace perfmodel::test
