#include "phase/weight_product.hpp"

#include <fmt/format.h>

#include "mapping/matrix_format.hpp"
#include "ops/gemm.hpp"

namespace perfmodel::phase {

spec::Outcome<WeightProduct> weight_product(const cost::Machine& machine, const hw::Chip& chip,
                                            spec::Storage weights, const ProductSize& size) {
  const auto choice = mapping::compute_for(weights, chip, mapping::Fallback::automatic);
  if (!choice) {
    return spec::Infeasible{
        spec::Why::missing_figure,
        fmt::format("{} has no type that is known and takes {} weights", chip.id, name_of(weights)),
        ""};
  }
  const mapping::MatrixFormat f{weights, choice->compute};
  const ops::GemmArgs a{.k = size.depth,
                        .n = size.columns,
                        .weight = spec::bytes_per_element(weights),
                        .in = spec::activation_bytes(choice->compute),
                        .out = spec::activation_bytes(spec::Compute::bf16),
                        .packed = mapping::packed(f),
                        .widened = mapping::widened(f),
                        .converts = mapping::converts(f)};
  ops::Pass pass;
  pass.sequences = size.rows;
  const auto cost = ops::Op::make(ops::kGemm, "product", a).cost(pass);
  const auto t = cost::time_of(machine, cost, ops::OpClass::gemm, choice->compute);
  return WeightProduct{t.total, t.bound, choice->compute, choice->how};
}

}  // namespace perfmodel::phase
