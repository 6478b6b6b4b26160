#include "kernels/transformer/kernel_calls.hpp"

#include <algorithm>
#include <stdexcept>

namespace perfmodel::kernels {

void add_call(KernelCalls& calls, const std::string& name, const Shape& s) {
  const auto it = std::find_if(calls.begin(), calls.end(), [&](const KernelCall& c) {
    return c.name == name && c.shape.m == s.m && c.shape.n == s.n && c.shape.k == s.k &&
           c.shape.groups == s.groups;
  });
  if (it == calls.end()) {
    calls.push_back({name, s, 1});
  } else {
    ++it->count;
  }
}

Cost cost_of(const KernelCalls& calls) {
  Cost sum;
  for (const KernelCall& c : calls) {
    const Descriptor* d = descriptor_named(c.name);
    if (d == nullptr) throw std::invalid_argument("no kernel is called " + c.name);
    const Cost one = d->cost(c.shape);
    const auto times = static_cast<double>(c.count);
    sum.flops = sum.flops + one.flops * times;
    sum.memory = sum.memory + one.memory * times;
    sum.l2 = sum.l2 + one.l2 * times;
    sum.l1 = sum.l1 + one.l1 * times;
  }
  return sum;
}

}  // namespace perfmodel::kernels
