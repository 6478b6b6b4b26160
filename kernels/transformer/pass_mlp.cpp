// The feed-forward blocks of a pass.
#include <cmath>

#include "kernels/transformer/pass.hpp"

namespace perfmodel::kernels {

std::int64_t expected_experts(const TransformerConfig& config, std::int64_t tokens) {
  const auto n = static_cast<double>(config.experts);
  const double missed = 1.0 - static_cast<double>(config.experts_per_token) / n;
  return std::llround(n * (1.0 - std::pow(missed, static_cast<double>(tokens))));
}

Bf16Out Pass::activate(std::span<const float> gate_up, std::int64_t rows) {
  const std::int64_t columns = config_.intermediate;
  const auto gate = take<std::uint16_t>(rows * columns), up = take<std::uint16_t>(rows * columns);
  launcher_.narrow(gate_up, 0, {1, 2 * columns, 0}, {rows, 1, columns}, gate, {1, columns, 0});
  launcher_.narrow(gate_up, columns, {1, 2 * columns, 0}, {rows, 1, columns}, up, {1, columns, 0});
  const auto out = take<std::uint16_t>(rows * columns);
  launcher_.swiglu(gate, up, rows, out);
  return out;
}

std::span<float> Pass::dense_mlp(std::int64_t layer, Bf16In in) {
  const auto gate_up = project(Matrix::gate_up, layer, in, tokens_);
  return project(Matrix::down, layer, activate(gate_up, tokens_), tokens_);
}

std::span<float> Pass::mixture(std::int64_t layer, Bf16In in, std::span<std::int32_t> chosen) {
  const std::int64_t top = config_.experts_per_token, rows = tokens_ * top;
  const auto logits = project(Matrix::router, layer, in, tokens_);
  const auto weights = take<float>(rows);
  launcher_.route(logits, tokens_, chosen, weights);

  // Rows in the order of their experts, tokens in order within each.
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(config_.experts) + 1);
  std::vector<std::int32_t> token_of(chosen.size()), row_of(chosen.size());
  for (const std::int32_t e : chosen) ++offsets[static_cast<std::size_t>(e) + 1];
  std::int64_t active = launcher_.dry() ? expected_experts(config_, tokens_) : 0;
  for (std::size_t e = 1; e < offsets.size(); ++e) {
    active += offsets[e] > 0 ? 1 : 0;
    offsets[e] += offsets[e - 1];
  }
  std::vector<std::int64_t> next(offsets.begin(), offsets.end() - 1);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::int64_t row = next[static_cast<std::size_t>(chosen[i])]++;
    row_of[i] = static_cast<std::int32_t>(row);
    token_of[static_cast<std::size_t>(row)] =
        static_cast<std::int32_t>(i / static_cast<std::size_t>(top));
  }

  const auto sorted = take<std::uint16_t>(rows * config_.hidden);
  launcher_.gather(in, config_.hidden, token_of, rows, sorted);
  const auto gate_up = take<float>(rows * 2 * config_.intermediate);
  launcher_.grouped_gemm(Matrix::expert_gate_up, layer, offsets, active, sorted, rows, gate_up);
  const auto results = take<float>(rows * config_.hidden);
  launcher_.grouped_gemm(Matrix::expert_down, layer, offsets, active, activate(gate_up, rows), rows,
                         results);
  const auto shared = dense_mlp(layer, in);
  launcher_.combine(results, row_of, weights, tokens_, shared);
  return shared;
}

}  // namespace perfmodel::kernels
