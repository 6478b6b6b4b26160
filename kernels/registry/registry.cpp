#include "kernels/registry/registry.hpp"

#include <algorithm>

namespace perfmodel::kernels {

std::string to_string(const Shape& s) {
  std::string text =
      "m" + std::to_string(s.m) + "n" + std::to_string(s.n) + "k" + std::to_string(s.k);
  if (s.groups != 1) text += "g" + std::to_string(s.groups);
  return text;
}

double Descriptor::max_error_of(Tier tier) const {
  for (const Coarser& c : coarser_tiers) {
    if (c.tier == tier) return c.max_error;
  }
  return max_error;
}

const std::vector<Descriptor>& descriptors() {
  static const Descriptors all = [] {
    Descriptors d;
    add_gemv(d);
    add_gemm(d);
    add_attention(d);
    add_kv_append(d);
    add_rows(d);
    add_convert(d);
    add_moe(d);
    add_exchange(d);
    add_stream(d);
    add_sync(d);
    add_transformer(d);
    return d;
  }();
  return all;
}

const Descriptor* descriptor_named(std::string_view name) {
  const auto& all = descriptors();
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const Descriptor& d) { return d.name == name; });
  return it == all.end() ? nullptr : &*it;
}

}  // namespace perfmodel::kernels
