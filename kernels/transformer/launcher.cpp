#include "kernels/transformer/launcher.hpp"

#include "kernels/moe/moe.hpp"

namespace perfmodel::kernels {

namespace {

/// Moving rows takes them for 32-bit words, whatever they hold.
std::span<const float> words_of(Bf16In codes) {
  return {reinterpret_cast<const float*>(codes.data()), codes.size() / 2};
}
std::span<float> words_of(Bf16Out codes) {
  return {reinterpret_cast<float*>(codes.data()), codes.size() / 2};
}

std::string with_format(const std::string& family, const KvLayout& l) {
  return family + (l.values_in_keys ? "/mla/" : "/gqa/") + std::string(name_of(l.format));
}

}  // namespace

Launcher::Launcher(const TransformerConfig& config, const QuantSpec& spec, std::int64_t tokens,
                   const TransformerWeights* weights, const Exec* exec, KernelCalls& calls)
    : config_(config),
      spec_(spec),
      single_(tokens == 1),
      weights_(weights),
      exec_(exec),
      calls_(calls) {}

Exec Launcher::on(const std::vector<Tier>& tiers) const {
  Tier best = tiers.front();
  for (const Tier t : tiers) {
    if (t <= exec_->tier && can_run(t)) best = t;
  }
  return {best, exec_->team};
}

void Launcher::embed(std::span<const std::int32_t> ids, std::int64_t tokens, Bf16Out out) {
  gather(dry() ? Bf16In() : weights_->embedding(), config_.hidden, ids, tokens, out);
}

void Launcher::gather(Bf16In in, std::int64_t columns, std::span<const std::int32_t> index,
                      std::int64_t rows, Bf16Out out) {
  call("gather/rows", {rows, columns / 2, 1, 1});
  if (dry()) return;
  gather_rows(words_of(in), columns / 2, index, words_of(out), on(shuffle_tiers()));
}

void Launcher::rmsnorm(Bf16In in, Norm n, std::int64_t layer, std::int64_t rows, Bf16Out out) {
  call("rmsnorm/bf16", {rows, n == Norm::latent ? kLatentColumns : config_.hidden, 1, 1});
  if (dry()) return;
  kernels::rmsnorm(in, weights_->norm(n, layer), config_.epsilon, out, on(row_tiers()));
}

void Launcher::gemv(Matrix m, std::int64_t layer, std::size_t number, Bf16In in, std::int64_t r,
                    std::span<float> out) {
  const MatrixSize s = size_of(config_, m);
  const QuantSpec spec = spec_of(spec_, m);
  call("gemv/" + name_of(spec) + "/bf16", {1, s.rows, s.columns, 1});
  if (dry()) return;
  const auto rows = static_cast<std::size_t>(s.rows), columns = static_cast<std::size_t>(s.columns);
  const auto row = static_cast<std::size_t>(r);
  kernels::gemv(weights_->rows(m, layer)[number], Format::bf16, in.subspan(row * columns, columns),
                out.subspan(row * rows, rows), on(gemv_tiers(spec, Format::bf16)));
}

void Launcher::gemm(Matrix m, std::int64_t layer, Bf16In in, std::int64_t rows,
                    std::span<float> out) {
  if (single_) return gemv(m, layer, 0, in, 0, out);
  const MatrixSize s = size_of(config_, m);
  call("gemm/" + name_of(spec_of(spec_, m)) + "/bf16", {rows, s.rows, s.columns, 1});
  if (dry()) return;
  kernels::gemm(*weights_->matrices(m, layer)[0], Activations(Format::bf16, in, s.columns), out,
                *exec_);
}

void Launcher::grouped_gemm(Matrix m, std::int64_t layer, std::span<const std::int64_t> offsets,
                            std::int64_t active, Bf16In in, std::int64_t rows,
                            std::span<float> out) {
  if (single_) {
    // At most one row for each matrix; which ones do not matter for the list.
    for (std::size_t g = 0, r = 0; static_cast<std::int64_t>(r) < rows; ++g) {
      if (dry() || offsets[g + 1] > offsets[g])
        gemv(m, layer, g, in, static_cast<std::int64_t>(r++), out);
    }
    return;
  }
  const MatrixSize s = size_of(config_, m);
  call("grouped_gemm/" + name_of(spec_of(spec_, m)) + "/bf16", {rows, s.rows, s.columns, active});
  if (dry()) return;
  kernels::grouped_gemm(weights_->matrices(m, layer), offsets,
                        Activations(Format::bf16, in, s.columns), out, *exec_);
}

void Launcher::narrow(std::span<const float> in, std::int64_t offset, const RowPlaces& from,
                      const Rows& r, Bf16Out out, const RowPlaces& to) {
  call("convert/fp32_bf16", {r.tokens, r.columns, r.per_token, 1});
  if (dry()) return;
  kernels::narrow(in.subspan(static_cast<std::size_t>(offset)), from, r.tokens * r.per_token,
                  r.columns, out, to, on(convert_tiers()));
}

void Launcher::widen(Bf16In in, std::int64_t offset, const RowPlaces& from, const Rows& r,
                     std::span<float> out, std::int64_t out_offset, const RowPlaces& to) {
  call("convert/bf16_fp32", {r.tokens, r.columns, r.per_token, 1});
  if (dry()) return;
  kernels::widen(in.subspan(static_cast<std::size_t>(offset)), from, r.tokens * r.per_token,
                 r.columns, out.subspan(static_cast<std::size_t>(out_offset)), to,
                 on(convert_tiers()));
}

void Launcher::add_residual(std::span<const float> in, std::int64_t rows, Bf16Out sum) {
  call("convert/residual", {rows, config_.hidden, 1, 1});
  if (dry()) return;
  const RowPlaces places{1, config_.hidden, 0};
  add_rows(in, places, rows, config_.hidden, sum, places, on(convert_tiers()));
}

void Launcher::rope(Bf16In in, std::int64_t rows, std::int64_t columns,
                    std::span<const float> cosines, std::span<const float> sines, Bf16Out out) {
  call("rope/bf16", {rows, columns, 1, 1});
  if (dry()) return;
  kernels::rope(in, columns, cosines, sines, out, on(row_tiers()));
}

void Launcher::swiglu(Bf16In gate, Bf16In up, std::int64_t rows, Bf16Out out) {
  call("swiglu/bf16", {rows, config_.intermediate, 1, 1});
  if (dry()) return;
  kernels::swiglu(gate, up, out, on(row_tiers()));
}

void Launcher::kv_append(KvCache* cache, const KvLayout& layout,
                         std::span<const std::int64_t> places, std::int64_t tokens,
                         std::span<const float> keys, std::int64_t key_stride,
                         std::span<const float> values, std::int64_t value_offset,
                         std::int64_t value_stride) {
  call(with_format("kv_append", layout), {tokens, 1, layout.kv_heads, 1});
  if (dry()) return;
  kernels::kv_append(*cache, places, keys, key_stride,
                     values.subspan(static_cast<std::size_t>(value_offset)), value_stride,
                     on(kv_append_tiers()));
}

void Launcher::attention(const KvCache* cache, const KvLayout& layout, const StepSequences& s,
                         std::span<const float> q, std::span<float> out) {
  const std::int64_t group = config_.heads / layout.kv_heads;
  bool decode = true;
  for (const std::int64_t n : s.new_tokens) decode = decode && n == 1;
  if (decode) {
    call(with_format("attention_decode", layout),
         attention_decode_shape(s.tokens, layout.kv_heads, group));
    if (dry()) return;
    attention_decode(*cache, q, config_.heads, s.pages, s.first_page, s.tokens,
                     config_.softmax_scale(), out, on(attention_decode_tiers(layout.format)));
    return;
  }
  // Priced sequence by sequence, as a shape holds one; they run together.
  for (std::size_t i = 0; i < s.tokens.size(); ++i)
    call(with_format("attention_prefill", layout),
         {s.new_tokens[i], s.tokens[i], layout.kv_heads, group});
  if (dry()) return;
  attention_prefill(*cache, q, config_.heads, s.pages, s.first_page, s.tokens, s.new_tokens,
                    config_.softmax_scale(), out, on(attention_prefill_tiers(layout.format)));
}

void Launcher::route(std::span<const float> logits, std::int64_t tokens,
                     std::span<std::int32_t> ids, std::span<float> weights) {
  call("route/fp32", {tokens, config_.experts, config_.experts_per_token, 1});
  if (dry()) return;
  kernels::route(logits, config_.experts, config_.experts_per_token, ids, weights,
                 {Tier::scalar, exec_->team});
}

void Launcher::combine(std::span<const float> in, std::span<const std::int32_t> index,
                       std::span<const float> weights, std::int64_t tokens, std::span<float> out) {
  call("combine/fp32", {tokens, config_.hidden, config_.experts_per_token, 1});
  if (dry()) return;
  combine_rows(in, config_.hidden, index, weights, out, {Tier::scalar, exec_->team});
}

}  // namespace perfmodel::kernels
