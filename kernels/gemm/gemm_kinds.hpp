// The products that have descriptors, one by one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

struct GemmKind {
  QuantSpec weights;
  Format activations;
  bool grouped;
};

/// Of its descriptor.
std::string name_of(const GemmKind& kind);

std::vector<GemmKind> gemm_kinds();

/// The case of the descriptor; with `functions`, which must outlive it, in place of those of the
/// tier that it runs on.
std::unique_ptr<Case> make_gemm_case(const GemmKind& kind, const Shape& shape, Purpose purpose,
                                     const gemm_detail::Functions* functions = nullptr);

}  // namespace perfmodel::kernels
