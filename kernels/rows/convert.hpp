// What stands between the kernels of a layer: FP32 results to BF16 operands and back, the residual
// connection, and rows that change their order on the way (heads before tokens, parts of a
// product).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/registry/descriptor.hpp"
#include "kernels/rows/convert_task.hpp"

namespace perfmodel::kernels {

using ConvertOp = convert_detail::Op;
/// Where rows lie: row r begins at r / inner * outer_stride + r % inner * inner_stride, in
/// elements.
using RowPlaces = convert_detail::Places;

/// The same for all operations.
std::vector<Tier> convert_tiers();

/// `rows` rows of `columns`, a multiple of 32. BF16 results are rounded once, to nearest even. All
/// throw std::invalid_argument for places beyond the operands and for tiers that this machine
/// cannot run. Rows of the result must not overlap.
void narrow(std::span<const float> in, const RowPlaces& from, std::int64_t rows,
            std::int64_t columns, std::span<std::uint16_t> out, const RowPlaces& to,
            const Exec& exec);
void widen(std::span<const std::uint16_t> in, const RowPlaces& from, std::int64_t rows,
           std::int64_t columns, std::span<float> out, const RowPlaces& to, const Exec& exec);
/// sum += in
void add_rows(std::span<const float> in, const RowPlaces& from, std::int64_t rows,
              std::int64_t columns, std::span<std::uint16_t> sum, const RowPlaces& to,
              const Exec& exec);

}  // namespace perfmodel::kernels
