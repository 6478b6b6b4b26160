#include "kernels/transformer/pass.hpp"

#include <cmath>
#include <numeric>

namespace perfmodel::kernels {

std::uint8_t* Workspace::bytes(std::size_t n) {
  if (next_ == buffers_.size()) buffers_.emplace_back();
  auto& b = buffers_[next_++];
  if (b.size() < n) b = Buffer<std::uint8_t>(n);
  return b.data();
}

KvLayout kv_layout(const TransformerConfig& config, Format cache) {
  KvLayout l;
  l.format = cache;
  if (config.architecture == Architecture::dense) {
    l.kv_heads = config.kv_heads;
    l.key_columns = l.value_columns = kHeadColumns;
  } else {
    l.key_columns = kLatentColumns + kRopeColumns;
    l.value_columns = kLatentColumns;
    l.values_in_keys = true;
  }
  return l;
}

Pass::Pass(Launcher& launcher, const KvLayout& layout, const StepSequences& sequences,
           std::span<KvCache> caches, Workspace& workspace)
    : launcher_(launcher),
      config_(launcher.config()),
      layout_(layout),
      sequences_(sequences),
      caches_(caches),
      workspace_(workspace),
      tokens_(std::accumulate(sequences.new_tokens.begin(), sequences.new_tokens.end(),
                              std::int64_t{0})) {
  if (launcher.dry()) return;
  if (config_.architecture == Architecture::dense) {
    angles_ = angles_for(kHeadColumns, config_.heads + config_.kv_heads);
  } else {
    angles_ = angles_for(kRopeColumns, config_.heads);
    key_angles_ = angles_for(kRopeColumns, 1);
  }
}

Pass::Angles Pass::angles_for(std::int64_t columns, std::int64_t per_token) const {
  // Pair i turns by position * base^(-2 i / columns) (arXiv 2104.09864, section 3.2.2).
  const std::int64_t half = columns / 2;
  std::vector<double> speed;
  for (std::int64_t i = 0; i < half; ++i)
    speed.push_back(
        std::pow(config_.rope_base, -2.0 * static_cast<double>(i) / static_cast<double>(columns)));
  Angles a;
  for (const std::int64_t position : sequences_.positions) {
    for (const double s : speed) {
      a.cosines.push_back(static_cast<float>(std::cos(static_cast<double>(position) * s)));
      a.sines.push_back(static_cast<float>(std::sin(static_cast<double>(position) * s)));
    }
    // The same for the other rows of the token.
    for (auto* table : {&a.cosines, &a.sines}) {
      const std::size_t first = table->size() - speed.size();
      for (std::int64_t r = 1; r < per_token; ++r) {
        for (std::size_t i = 0; i < speed.size(); ++i) table->push_back((*table)[first + i]);
      }
    }
  }
  return a;
}

std::span<float> Pass::project(Matrix m, std::int64_t layer, Bf16In in, std::int64_t rows) {
  const auto out = take<float>(rows * size_of(config_, m).rows);
  launcher_.gemm(m, layer, in, rows, out);
  return out;
}

void Pass::run(Buffer<std::uint16_t>& residual, std::vector<float>& logits,
               std::vector<std::int32_t>& experts) {
  const auto size = static_cast<std::size_t>(tokens_ * config_.hidden);
  const auto sequences = static_cast<std::int64_t>(sequences_.new_tokens.size());
  const bool dense = config_.architecture == Architecture::dense;
  const auto chosen_of_layer =
      static_cast<std::size_t>(dense ? 0 : tokens_ * config_.experts_per_token);
  if (!launcher_.dry()) {
    if (residual.size() < size) residual = Buffer<std::uint16_t>(size);
    logits.resize(static_cast<std::size_t>(sequences * config_.vocabulary));
    experts.resize(static_cast<std::size_t>(config_.layers) * chosen_of_layer);
  }
  const Bf16Out x = launcher_.dry() ? Bf16Out() : residual.span().first(size);
  launcher_.embed(sequences_.ids, tokens_, x);
  for (std::int64_t l = 0; l < config_.layers; ++l) {
    workspace_.start_layer();
    const auto normed = take<std::uint16_t>(tokens_ * config_.hidden);
    launcher_.rmsnorm(x, Norm::attention, l, tokens_, normed);
    launcher_.add_residual(dense ? dense_attention(l, normed) : latent_attention(l, normed),
                           tokens_, x);
    launcher_.rmsnorm(x, Norm::mlp, l, tokens_, normed);
    std::span<std::int32_t> chosen;
    if (!launcher_.dry())
      chosen = std::span(experts).subspan(static_cast<std::size_t>(l) * chosen_of_layer,
                                          chosen_of_layer);
    launcher_.add_residual(dense ? dense_mlp(l, normed) : mixture(l, normed, chosen), tokens_, x);
  }
  workspace_.start_layer();
  std::vector<std::int32_t> last;
  std::int64_t end = 0;
  for (const std::int64_t n : sequences_.new_tokens)
    last.push_back(static_cast<std::int32_t>((end += n) - 1));
  const auto ends = take<std::uint16_t>(sequences * config_.hidden);
  launcher_.gather(x, config_.hidden, last, sequences, ends);
  const auto normed = take<std::uint16_t>(sequences * config_.hidden);
  launcher_.rmsnorm(ends, Norm::final, 0, sequences, normed);
  launcher_.gemm(Matrix::lm_head, 0, normed, sequences, logits);
}

}  // namespace perfmodel::kernels
