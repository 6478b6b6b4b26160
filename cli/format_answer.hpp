// The answer of `perfmodel formats`: what each number format costs in precision and buys in time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "kernels/accuracy/format_error.hpp"
#include "kernels/accuracy/weight_divergence.hpp"

namespace perfmodel::cli {

/// Of a matrix with a distribution.
struct FormatNumerics {
  kernels::Operand operand = kernels::Operand::weights;
  kernels::Distribution distribution = kernels::Distribution::gaussian;
  kernels::QuantSpec format;
  kernels::FormatError error;
};

/// Of the predictions of a small transformer.
struct FormatLogits {
  kernels::Architecture model = kernels::Architecture::dense;
  kernels::WeightDivergence divergence;
};

/// Of one product with weights in the format, on a chip or, measured, on the host.
struct FormatSpeed {
  kernels::QuantSpec format;
  std::string chip;     // "host" for what was measured
  std::string product;  // "m8n8192k8192"
  bool measured = false;
  std::optional<Time> time;            // absent: not measured, or the chip cannot
  std::optional<Bandwidth> bandwidth;  // measured: bytes of all operands over the time
  std::optional<double> over_bf16;     // time over that of BF16 weights, same chip and product
  std::string note;                    // what stands in, or why there is no time
};

struct FormatAnswer {
  std::vector<FormatNumerics> numerics;
  std::vector<FormatLogits> logits;
  std::vector<FormatSpeed> speeds;
};

/// `quick`: smaller matrices and fewer tokens.
std::vector<FormatNumerics> format_numerics(bool quick);
std::vector<FormatLogits> format_logits(bool quick);
/// The host's from results/host beside the configs; chips under the profile `typical`.
std::vector<FormatSpeed> format_speeds(const Catalog& catalog);

/// A row for each measure: table, case, format, measure with its unit, value, note.
std::string format_csv(const FormatAnswer& answer);
/// A table for each kind of cost, for a terminal or as Markdown.
std::string format_tables(const FormatAnswer& answer, bool markdown);

}  // namespace perfmodel::cli
