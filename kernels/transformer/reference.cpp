#include "kernels/transformer/reference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "kernels/transformer/weights.hpp"

namespace perfmodel::kernels {

namespace {

/// y = W x
std::vector<double> times(const std::vector<double>& w, const double* x, std::size_t columns) {
  std::vector<double> y(w.size() / columns);
  for (std::size_t r = 0; r < y.size(); ++r) {
    double sum = 0.0;
    for (std::size_t c = 0; c < columns; ++c) sum += w[r * columns + c] * x[c];
    y[r] = sum;
  }
  return y;
}
std::vector<double> times(const std::vector<double>& w, const std::vector<double>& x) {
  return times(w, x.data(), x.size());
}

/// y = W^T x
std::vector<double> transposed_times(const std::vector<double>& w, const double* x,
                                     std::size_t rows) {
  std::vector<double> y(w.size() / rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < y.size(); ++c) y[c] += w[r * y.size() + c] * x[r];
  }
  return y;
}

void add(std::vector<double>& sum, const std::vector<double>& x, double factor = 1.0) {
  for (std::size_t i = 0; i < x.size(); ++i) sum[i] += factor * x[i];
}

}  // namespace

ReferenceTransformer::ReferenceTransformer(const TransformerConfig& config,
                                           const std::optional<QuantSpec>& weights)
    : config_(config), spec_(weights), layers_(static_cast<std::size_t>(config.layers)) {
  config.check();
  for (std::int64_t l = 0; l < config.layers; ++l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    layer.matrices.resize(kMatrixCount);
    for (std::size_t i = 0; i < kMatrixCount; ++i) {
      const auto m = static_cast<Matrix>(i);
      for (std::int64_t j = 0; j < count_in_layer(config, m); ++j)
        layer.matrices[i].push_back(read(m, l, j));
    }
    for (const Norm n : {Norm::attention, Norm::mlp, Norm::latent}) {
      const auto w = norm_values(config, n, l);
      layer.norms.emplace_back(w.begin(), w.end());
    }
  }
  embedding_ = read(Matrix::embedding, 0, 0);
  lm_head_ = read(Matrix::lm_head, 0, 0);
  const auto w = norm_values(config, Norm::final, 0);
  final_norm_.assign(w.begin(), w.end());
}

ReferenceTransformer::Vector ReferenceTransformer::read(Matrix m, std::int64_t layer,
                                                        std::int64_t index) const {
  if (!spec_) {
    const auto values = matrix_values(config_, m, layer, index);
    return {values.begin(), values.end()};
  }
  const Quantised q = quantised_matrix(config_, *spec_, m, layer, index);
  Vector v;
  v.reserve(static_cast<std::size_t>(q.rows() * q.columns()));
  for (std::int64_t r = 0; r < q.rows(); ++r) {
    for (std::int64_t c = 0; c < q.columns(); ++c) v.push_back(q.value(r, c));
  }
  return v;
}

void ReferenceTransformer::restart() {
  for (Layer& l : layers_) {
    l.keys.clear();
    l.values.clear();
  }
  position_ = 0;
  shortfall_ = 0.0;
}

ReferenceTransformer::Vector ReferenceTransformer::norm(const Vector& x,
                                                        const Vector& weight) const {
  double squares = 0.0;
  for (const double v : x) squares += v * v;
  const double factor = 1.0 / std::sqrt(squares / static_cast<double>(x.size()) +
                                        static_cast<double>(config_.epsilon));
  Vector y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * factor * weight[i];
  return y;
}

void ReferenceTransformer::turn(double* x, std::int64_t columns) const {
  const std::int64_t half = columns / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    const double angle =
        static_cast<double>(position_) *
        std::pow(config_.rope_base, -2.0 * static_cast<double>(i) / static_cast<double>(columns));
    const double a = x[i], b = x[half + i];
    x[i] = a * std::cos(angle) - b * std::sin(angle);
    x[half + i] = b * std::cos(angle) + a * std::sin(angle);
  }
}

ReferenceTransformer::Vector ReferenceTransformer::attend(const Layer& layer, const Vector& q,
                                                          std::int64_t kv_heads,
                                                          std::int64_t key_columns,
                                                          std::int64_t value_columns) const {
  const std::int64_t group = config_.heads / kv_heads;
  Vector out(static_cast<std::size_t>(config_.heads * value_columns));
  for (std::int64_t h = 0; h < config_.heads; ++h) {
    const double* query = q.data() + h * key_columns;
    Vector weight;
    for (const Vector& keys : layer.keys) {
      const double* key = keys.data() + h / group * key_columns;
      weight.push_back(std::inner_product(query, query + key_columns, key, 0.0) /
                       std::sqrt(static_cast<double>(key_columns)));
    }
    const double largest = *std::max_element(weight.begin(), weight.end());
    double total = 0.0;
    for (double& w : weight) total += w = std::exp(w - largest);
    for (std::size_t t = 0; t < weight.size(); ++t) {
      for (std::int64_t c = 0; c < value_columns; ++c)
        out[static_cast<std::size_t>(h * value_columns + c)] +=
            weight[t] / total *
            layer.values[t][static_cast<std::size_t>(h / group * value_columns + c)];
    }
  }
  return out;
}

ReferenceTransformer::Vector ReferenceTransformer::dense_block(Layer& layer, const Vector& x) {
  Vector qkv = times(matrix(layer, Matrix::qkv), x);
  const std::int64_t turned = config_.heads + config_.kv_heads;
  for (std::int64_t h = 0; h < turned; ++h) turn(qkv.data() + h * kHeadColumns, kHeadColumns);
  const auto keys = qkv.begin() + config_.heads * kHeadColumns;
  const auto values = qkv.begin() + turned * kHeadColumns;
  layer.keys.emplace_back(keys, values);
  layer.values.emplace_back(values, qkv.end());
  return times(matrix(layer, Matrix::out),
               attend(layer, qkv, config_.kv_heads, kHeadColumns, kHeadColumns));
}

ReferenceTransformer::Vector ReferenceTransformer::latent_block(Layer& layer, const Vector& x) {
  const std::int64_t nope = config_.nope_columns, head = nope + kRopeColumns;
  Vector q = times(matrix(layer, Matrix::q), x);
  for (std::int64_t h = 0; h < config_.heads; ++h) turn(q.data() + h * head + nope, kRopeColumns);
  Vector down = times(matrix(layer, Matrix::kv_down), x);
  turn(down.data() + kLatentColumns, kRopeColumns);
  const Vector latent = norm({down.begin(), down.begin() + kLatentColumns},
                             layer.norms[static_cast<std::size_t>(Norm::latent)]);
  Vector keys, values;
  for (std::size_t h = 0; h < static_cast<std::size_t>(config_.heads); ++h) {
    const Vector key =
        transposed_times(matrix(layer, Matrix::key_up, h), latent.data(), latent.size());
    keys.insert(keys.end(), key.begin(), key.end());
    keys.insert(keys.end(), down.begin() + kLatentColumns, down.end());
    const Vector value = times(matrix(layer, Matrix::value_up, h), latent);
    values.insert(values.end(), value.begin(), value.end());
  }
  layer.keys.push_back(std::move(keys));
  layer.values.push_back(std::move(values));
  return times(matrix(layer, Matrix::out),
               attend(layer, q, config_.heads, head, config_.result_columns));
}

ReferenceTransformer::Vector ReferenceTransformer::mlp(const Vector& gate_up, const Vector& down,
                                                       const Vector& x) const {
  const Vector both = times(gate_up, x);
  const std::size_t n = both.size() / 2;
  Vector y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = both[i] / (1.0 + std::exp(-both[i])) * both[n + i];
  return times(down, y);
}

ReferenceTransformer::Vector ReferenceTransformer::mixture(const Layer& layer, const Vector& x,
                                                           std::span<const std::int32_t> experts) {
  const Vector logits = times(matrix(layer, Matrix::router), x);
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  order.resize(static_cast<std::size_t>(config_.experts_per_token));
  const double least = logits[static_cast<std::size_t>(order.back())];
  if (!experts.empty()) order.assign(experts.begin(), experts.end());
  double total = 0.0;
  for (const std::int32_t e : order) {
    total += std::exp(logits[static_cast<std::size_t>(e)]);
    shortfall_ = std::max(shortfall_, least - logits[static_cast<std::size_t>(e)]);
  }
  Vector sum = mlp(matrix(layer, Matrix::gate_up), matrix(layer, Matrix::down), x);
  for (const std::int32_t e : order) {
    const auto i = static_cast<std::size_t>(e);
    add(sum,
        mlp(matrix(layer, Matrix::expert_gate_up, i), matrix(layer, Matrix::expert_down, i), x),
        std::exp(logits[i]) / total);
  }
  return sum;
}

std::vector<double> ReferenceTransformer::next(std::int32_t token,
                                               std::span<const std::int32_t> experts) {
  const auto top = static_cast<std::size_t>(config_.experts_per_token);
  const bool dense = config_.architecture == Architecture::dense;
  if (token < 0 || token >= config_.vocabulary ||
      (!experts.empty() && (dense || experts.size() != layers_.size() * top)))
    throw std::invalid_argument(
        "reference: a token beyond the vocabulary, or experts that do not fit");
  const auto start = embedding_.begin() + token * config_.hidden;
  Vector x(start, start + config_.hidden);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const Vector first = norm(x, layer.norms[static_cast<std::size_t>(Norm::attention)]);
    add(x, dense ? dense_block(layer, first) : latent_block(layer, first));
    const Vector second = norm(x, layer.norms[static_cast<std::size_t>(Norm::mlp)]);
    add(x, dense
               ? mlp(matrix(layer, Matrix::gate_up), matrix(layer, Matrix::down), second)
               : mixture(layer, second, experts.empty() ? experts : experts.subspan(l * top, top)));
  }
  ++position_;
  return times(lm_head_, norm(x, final_norm_));
}

}  // namespace perfmodel::kernels
