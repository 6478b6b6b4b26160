#include "cli/format_answer.hpp"

namespace perfmodel::cli {

using namespace kernels;

std::vector<FormatNumerics> format_numerics(bool quick) {
  const std::int64_t n = quick ? 512 : 1024;
  constexpr std::uint64_t kSeed = 1;
  std::vector<FormatNumerics> all;
  for (const Operand o : {Operand::weights, Operand::activations}) {
    for (const Distribution d : kDistributions) {
      const auto values = operand_values(o, d, n, n, kSeed);
      for (const QuantSpec& f : stored_formats(o))
        all.push_back({o, d, f, format_error(f, values, n, n)});
    }
  }
  return all;
}

std::vector<FormatLogits> format_logits(bool quick) {
  std::vector<FormatLogits> all;
  for (const Architecture a : {Architecture::dense, Architecture::mla_moe})
    for (const auto& d : weight_divergences(a, quick ? 8 : 96)) all.push_back({a, d});
  return all;
}

}  // namespace perfmodel::cli
