// The attention blocks of a pass. Sizes in brackets: T new tokens, H heads.
#include "kernels/transformer/pass.hpp"

namespace perfmodel::kernels {

std::span<float> Pass::dense_attention(std::int64_t layer, Bf16In in) {
  const std::int64_t t = tokens_, heads = config_.heads, kv_heads = config_.kv_heads;
  const std::int64_t turned = (heads + kv_heads) * kHeadColumns;  // of a token: queries and keys
  const std::int64_t all = turned + kv_heads * kHeadColumns;
  const auto qkv = project(Matrix::qkv, layer, in, t);
  const auto straight = take<std::uint16_t>(t * turned), rotated = take<std::uint16_t>(t * turned);
  launcher_.narrow(qkv, 0, {1, all, 0}, {t, 1, turned}, straight, {1, turned, 0});
  launcher_.rope(straight, t * (heads + kv_heads), kHeadColumns, angles_.cosines, angles_.sines,
                 rotated);
  const std::int64_t q_columns = heads * kHeadColumns, k_columns = kv_heads * kHeadColumns;
  const auto q = take<float>(t * q_columns), k = take<float>(t * k_columns);
  launcher_.widen(rotated, 0, {1, turned, 0}, {t, 1, q_columns}, q, 0, {1, q_columns, 0});
  launcher_.widen(rotated, q_columns, {1, turned, 0}, {t, 1, k_columns}, k, 0, {1, k_columns, 0});
  launcher_.kv_append(cache(layer), layout_, sequences_.places, t, k, k_columns, qkv, turned, all);
  const auto result = take<float>(t * q_columns);
  launcher_.attention(cache(layer), layout_, sequences_, q, result);
  const auto rounded = take<std::uint16_t>(t * q_columns);
  launcher_.narrow(result, 0, {1, q_columns, 0}, {t, 1, q_columns}, rounded, {1, q_columns, 0});
  return project(Matrix::out, layer, rounded, t);
}

std::span<float> Pass::latent_attention(std::int64_t layer, Bf16In in) {
  const std::int64_t t = tokens_, heads = config_.heads;
  const std::int64_t nope = config_.nope_columns, head = nope + kRopeColumns;
  constexpr std::int64_t kKey = kLatentColumns + kRopeColumns;
  // One matrix per head: rows are [H][T] on that side.
  std::vector<std::int64_t> by_head;
  for (std::int64_t h = 0; h <= heads; ++h) by_head.push_back(h * t);

  // Queries: the part without rotary embedding goes to the latent space, the other turns.
  const auto raw_q = project(Matrix::q, layer, in, t);
  const auto q_nope = take<std::uint16_t>(heads * t * nope);
  launcher_.narrow(raw_q, 0, {heads, heads * head, head}, {t, heads, nope}, q_nope,
                   {heads, nope, t * nope});
  const auto raw_latent = take<float>(heads * t * kLatentColumns);
  launcher_.grouped_gemm(Matrix::key_up, layer, by_head, heads, q_nope, heads * t, raw_latent);
  const auto q_latent = take<std::uint16_t>(heads * t * kLatentColumns);
  launcher_.narrow(raw_latent, 0, {1, kLatentColumns, 0}, {t, heads, kLatentColumns}, q_latent,
                   {1, kLatentColumns, 0});
  const auto q_straight = take<std::uint16_t>(t * heads * kRopeColumns);
  const auto q_rotated = take<std::uint16_t>(t * heads * kRopeColumns);
  launcher_.narrow(raw_q, nope, {heads, heads * head, head}, {t, heads, kRopeColumns}, q_straight,
                   {1, kRopeColumns, 0});
  launcher_.rope(q_straight, t * heads, kRopeColumns, angles_.cosines, angles_.sines, q_rotated);
  const auto q = take<float>(t * heads * kKey);
  launcher_.widen(q_latent, 0, {heads, kLatentColumns, t * kLatentColumns},
                  {t, heads, kLatentColumns}, q, 0, {1, kKey, 0});
  launcher_.widen(q_rotated, 0, {1, kRopeColumns, 0}, {t, heads, kRopeColumns}, q, kLatentColumns,
                  {1, kKey, 0});

  // Keys: the normed latent vector and a rotary part that all heads share.
  const auto raw_k = project(Matrix::kv_down, layer, in, t);
  const auto latent = take<std::uint16_t>(t * kLatentColumns);
  const auto normed = take<std::uint16_t>(t * kLatentColumns);
  launcher_.narrow(raw_k, 0, {1, kKey, 0}, {t, 1, kLatentColumns}, latent, {1, kLatentColumns, 0});
  launcher_.rmsnorm(latent, Norm::latent, layer, t, normed);
  const auto k_straight = take<std::uint16_t>(t * kRopeColumns);
  const auto k_rotated = take<std::uint16_t>(t * kRopeColumns);
  launcher_.narrow(raw_k, kLatentColumns, {1, kKey, 0}, {t, 1, kRopeColumns}, k_straight,
                   {1, kRopeColumns, 0});
  launcher_.rope(k_straight, t, kRopeColumns, key_angles_.cosines, key_angles_.sines, k_rotated);
  const auto k = take<float>(t * kKey);
  launcher_.widen(normed, 0, {1, kLatentColumns, 0}, {t, 1, kLatentColumns}, k, 0, {1, kKey, 0});
  launcher_.widen(k_rotated, 0, {1, kRopeColumns, 0}, {t, 1, kRopeColumns}, k, kLatentColumns,
                  {1, kKey, 0});
  launcher_.kv_append(cache(layer), layout_, sequences_.places, t, k, kKey, {}, 0, 0);

  const auto result = take<float>(t * heads * kLatentColumns);
  launcher_.attention(cache(layer), layout_, sequences_, q, result);
  const auto rounded = take<std::uint16_t>(heads * t * kLatentColumns);
  launcher_.narrow(result, 0, {heads, heads * kLatentColumns, kLatentColumns},
                   {t, heads, kLatentColumns}, rounded,
                   {heads, kLatentColumns, t * kLatentColumns});
  const std::int64_t value = config_.result_columns;
  const auto up = take<float>(heads * t * value);
  launcher_.grouped_gemm(Matrix::value_up, layer, by_head, heads, rounded, heads * t, up);
  const auto joined = take<std::uint16_t>(t * heads * value);
  launcher_.narrow(up, 0, {heads, value, t * value}, {t, heads, value}, joined, {1, value, 0});
  return project(Matrix::out, layer, joined, t);
}

}  // namespace perfmodel::kernels
