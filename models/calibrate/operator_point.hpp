// A measured operator as the models see it: the same cost that a layer graph would ask for, on the
// chip that it ran on. Expressed once, priced under any curves.
#pragma once

#include <cstdint>
#include <string>

#include "calibrate/library.hpp"
#include "calibrate/operator_timing.hpp"
#include "cost/collective.hpp"
#include "cost/machine.hpp"
#include "ops/op.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::calibrate {

/// Groups of parameters that are fitted together: the kernel curves in the order of
/// hw::kCurveNames, and the link.
inline constexpr std::size_t kLinkCurve = hw::kCurveNames.size();
inline constexpr std::size_t kCurveCount = kLinkCurve + 1;
/// Beyond it the bandwidth counts more than the start.
inline constexpr Bytes kLargeMessage = Bytes::from_base(1 << 20);
std::string_view curve_name(std::size_t curve);

struct OperatorPoint {
  const OperatorTiming* row = nullptr;
  const Site* site = nullptr;
  std::size_t curve = 0;
  ops::OpClass op_class = ops::OpClass::gemm;
  spec::Compute compute = spec::Compute::bf16;  // what the matrix unit multiplies in
  ops::OpCost cost;
  cost::Provider provider = cost::Provider::any;
  double devices = 1;
  /// Software with its kernel and formats: whose factors the row informs.
  std::string table;
};

/// What a row is for: to inform a fit, or to be priced.
enum class Use : std::uint8_t { inform, price };

/// Fails with the reason where the models have no such operator, or where the row says something
/// else than its class: reads that a repeated kernel finds in the last-level cache, unless it is
/// only priced; messages over a network.
spec::Outcome<OperatorPoint> express_operator(const OperatorTiming& t, const Site& site,
                                              Use use = Use::inform);

/// What a table's kernels are to its architecture's curve.
struct TableFactors {
  double share = 1;  // of compute, or of the link
  double start = 1;
  double stream = 1;  // of the memory bandwidth of products
};

/// The chip under `kernels`, with software that adds nothing of its own.
cost::Machine bare_machine(const Site& site, const hw::KernelCurves& kernels, double devices);
/// Applies a table's factors to one curve of the machine.
void apply(cost::Machine& m, std::size_t curve, const TableFactors& factors);
Time price(const cost::Machine& m, const OperatorPoint& p);

}  // namespace perfmodel::calibrate
