// A language model's architecture, as its configuration file states it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spec/document.hpp"
#include "spec/number_format.hpp"
#include "spec/sourced.hpp"
#include "units/quantity.hpp"

namespace perfmodel::llm {

/// Selection of the context by a small scorer before attention (DeepSeek sparse attention, arXiv
/// 2512.02556): every query scores all keys with `heads` of `dim`, attention then reads `topk` of
/// them.
struct Indexer {
  int heads = 0;
  int dim = 0;
  int topk = 0;       // tokens
  int shared_by = 1;  // layers that share one indexer's weights and result
};

/// Multi-head, grouped-query and multi-query attention.
struct GroupedQuery {
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  int v_head_dim = 0;
  int window = 0;     // 0: the whole context
  bool bias = false;  // on q, k, v
  bool out_bias = false;
  bool qk_norm = false;
  bool output_gate = false;  // the q projection is twice as wide and gates the output
  bool sinks = false;
  int share_kv = 1;  // adjacent layers that share one KV cache
  std::optional<Indexer> indexer;
};

/// Multi-head latent attention (arXiv 2405.04434).
struct Latent {
  int heads = 0;
  int q_lora_rank = 0;  // 0: queries are projected directly
  int kv_lora_rank = 0;
  int qk_nope_dim = 0;
  int qk_rope_dim = 0;
  int v_head_dim = 0;
  std::optional<Indexer> indexer;
};

/// One shared KV head over a local window plus a compressed global context (DeepSeek V4, arXiv
/// 2606.19348).
struct Compressed {
  int heads = 0;
  int head_dim = 0;
  int q_lora_rank = 0;
  int qk_rope_dim = 0;
  int o_groups = 1;
  int o_lora_rank = 0;
  int window = 0;
  int ratio = 0;                   // tokens per compressed entry; 0: window only
  std::optional<Indexer> indexer;  // scores compressed entries
  int streams = 1;                 // residual streams (hyper-connections)
};

/// Attention with a state of fixed size.
struct Linear {
  enum class Variant { gated_delta_net, lightning };
  Variant variant = Variant::gated_delta_net;
  int k_heads = 0;
  int v_heads = 0;
  int k_dim = 0;
  int v_dim = 0;
  int conv = 0;
  bool output_gate = true;
};

struct AttentionBlock {
  int layers = 0;
  double norms = 1;  // hidden-sized norms per layer
  std::variant<GroupedQuery, Latent, Compressed, Linear> kind;
};

struct DenseFfn {
  int width = 0;
  bool gated = true;
  bool bias = false;
};

struct MoeFfn {
  int experts = 0;
  int topk = 0;
  int width = 0;
  bool gated = true;
  bool bias = false;
  int shared = 0;
  int shared_width = 0;  // of one shared expert
  bool shared_gate = false;
  int groups = 1;  // groups of which every token uses all (balanced by construction)
};

struct FfnBlock {
  int layers = 0;
  double norms = 1;
  std::variant<DenseFfn, MoeFfn> kind;
};

/// Storage of the weights as released.
struct NativeFormats {
  spec::Storage attention = spec::Storage::bf16;
  spec::Storage ffn = spec::Storage::bf16;  // dense layers and shared experts
  spec::Storage experts = spec::Storage::bf16;
  spec::Storage embedding = spec::Storage::bf16;
  spec::Storage head = spec::Storage::bf16;
  spec::Storage kv = spec::Storage::bf16;
};

/// What the published number of active parameters includes.
enum class ActiveConvention { all, no_embedding, no_embedding_head };

struct LlmSpec {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string vendor;
  std::string release;
  int hidden = 0;
  int vocab = 0;
  bool tie_embeddings = false;
  int max_context = 0;
  int positions = 0;  // rows of a learned position table
  std::vector<AttentionBlock> attention;
  std::vector<FfnBlock> ffn;
  int mtp_layers = 0;
  NativeFormats native;
  std::optional<spec::Sourced<Count>> total_parameters;
  std::optional<spec::Sourced<Count>> active_parameters;
  ActiveConvention active_convention = ActiveConvention::all;
  spec::Grade architecture_grade = spec::Grade::official;
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;

  int layers() const;
  bool is_moe() const;
  const MoeFfn* moe() const;  // the first MoE block, nullptr if dense
};

std::optional<LlmSpec> read_llm(const spec::Document& document, spec::Diagnostics& diagnostics);

/// "MHA", "GQA", "MQA", "MLA", "MLA+DSA", "GQA+window", "linear", joined by " + " over the blocks.
std::string attention_name(const LlmSpec& llm);

}  // namespace perfmodel::llm
