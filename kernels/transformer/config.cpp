#include "kernels/transformer/config.hpp"

#include <cmath>
#include <stdexcept>

#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

void TransformerConfig::check() const {
  const auto positive_multiple = [](std::int64_t n, std::int64_t of) {
    return n > 0 && n % of == 0;
  };
  bool fits = layers > 0 && heads > 0 && vocabulary > 0 && positive_multiple(hidden, 128) &&
              positive_multiple(intermediate, 128);
  if (architecture == Architecture::dense) {
    fits = fits && kv_heads > 0 && heads % kv_heads == 0;
  } else {
    fits = fits && positive_multiple(nope_columns, 32) && positive_multiple(result_columns, 32) &&
           experts_per_token > 0 && experts >= experts_per_token;
  }
  if (!fits) throw std::invalid_argument("transformer: no such dimensions");
}

float TransformerConfig::softmax_scale() const {
  const std::int64_t columns =
      architecture == Architecture::dense ? kHeadColumns : nope_columns + kRopeColumns;
  return 1.0F / std::sqrt(static_cast<float>(columns));
}

std::int64_t TransformerConfig::parameters() const {
  std::int64_t sum = 2 * vocabulary * hidden;
  for (std::size_t i = 0; i < kMatrixCount; ++i) {
    const auto m = static_cast<Matrix>(i);
    const std::int64_t count = count_in_layer(*this, m);
    if (count == 0) continue;
    const MatrixSize s = size_of(*this, m);
    sum += layers * count * s.rows * s.columns;
  }
  return sum;
}

TransformerConfig transformer_config(Architecture architecture, std::int64_t scale) {
  TransformerConfig c;
  c.architecture = architecture;
  const bool dense = architecture == Architecture::dense;
  if (scale == 1) {
    if (!dense) {
      c.heads = 2;
      c.intermediate = 128;
    }
  } else if (scale == 8) {
    c.layers = dense ? 8 : 6;
    c.hidden = 1024;
    c.heads = 8;
    c.vocabulary = 16384;
    c.intermediate = dense ? 4096 : 512;
    c.nope_columns = c.result_columns = 128;
    c.experts = 16;
    c.experts_per_token = 4;
  } else {
    throw std::invalid_argument("transformer: there are the scales 1 and 8");
  }
  return c;
}

MatrixSize size_of(const TransformerConfig& c, Matrix m) {
  switch (m) {
    case Matrix::embedding:
    case Matrix::lm_head:
      return {c.vocabulary, c.hidden};
    case Matrix::qkv:
      return {(c.heads + 2 * c.kv_heads) * kHeadColumns, c.hidden};
    case Matrix::q:
      return {c.heads * (c.nope_columns + kRopeColumns), c.hidden};
    case Matrix::kv_down:
      return {kLatentColumns + kRopeColumns, c.hidden};
    case Matrix::key_up:
      return {kLatentColumns, c.nope_columns};
    case Matrix::value_up:
      return {c.result_columns, kLatentColumns};
    case Matrix::out:
      return {c.hidden,
              c.heads * (c.architecture == Architecture::dense ? kHeadColumns : c.result_columns)};
    case Matrix::router:
      return {c.experts, c.hidden};
    case Matrix::gate_up:
    case Matrix::expert_gate_up:
      return {2 * c.intermediate, c.hidden};
    case Matrix::down:
    case Matrix::expert_down:
      break;
  }
  return {c.hidden, c.intermediate};
}

std::int64_t count_in_layer(const TransformerConfig& c, Matrix m) {
  const bool dense = c.architecture == Architecture::dense;
  switch (m) {
    case Matrix::embedding:
    case Matrix::lm_head:
      return 0;
    case Matrix::qkv:
      return dense ? 1 : 0;
    case Matrix::q:
    case Matrix::kv_down:
    case Matrix::router:
      return dense ? 0 : 1;
    case Matrix::key_up:
    case Matrix::value_up:
      return dense ? 0 : c.heads;
    case Matrix::expert_gate_up:
    case Matrix::expert_down:
      return dense ? 0 : c.experts;
    case Matrix::out:
    case Matrix::gate_up:
    case Matrix::down:
      break;
  }
  return 1;
}

bool stays_bf16(Matrix m) {
  return m == Matrix::embedding || m == Matrix::lm_head || m == Matrix::router;
}

std::vector<float> matrix_values(const TransformerConfig& c, Matrix m, std::int64_t layer,
                                 std::int64_t index) {
  const MatrixSize s = size_of(c, m);
  double deviation = 1.0 / std::sqrt(static_cast<double>(s.columns));
  if (m == Matrix::embedding) deviation = 1.0;
  // A score is a product over the latent space: without this it grows with its columns.
  if (m == Matrix::key_up) deviation = 1.0 / std::sqrt(static_cast<double>(s.rows));
  // Each layer adds to the residual twice; together that is about as much as the embedding.
  if (m == Matrix::out || m == Matrix::down || m == Matrix::expert_down)
    deviation /= std::sqrt(2.0 * static_cast<double>(c.layers));
  const auto seed =
      (static_cast<std::uint64_t>(layer + 1) * kMatrixCount + static_cast<std::uint64_t>(m)) *
          4096 +
      static_cast<std::uint64_t>(index);
  Random random(seed);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(s.rows * s.columns));
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const float row = static_cast<float>(deviation) * (0.67F + 0.67F * random.uniform());
    for (std::int64_t i = 0; i < s.columns; ++i) {
      const bool large = (random.bits() >> 20) % 500 == 0;
      values.push_back(random.normal() * row * (large ? 4.0F : 1.0F));
    }
  }
  return values;
}

std::vector<float> norm_values(const TransformerConfig& c, Norm n, std::int64_t layer) {
  Random random(1000003 * static_cast<std::uint64_t>(layer + 1) + static_cast<std::uint64_t>(n));
  std::vector<float> values(
      static_cast<std::size_t>(n == Norm::latent ? kLatentColumns : c.hidden));
  for (float& v : values) v = 1.0F + 0.1F * random.normal();
  return values;
}

}  // namespace perfmodel::kernels
