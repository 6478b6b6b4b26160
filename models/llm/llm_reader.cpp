#include "llm/llm_spec.hpp"
#include "spec/config_file.hpp"

namespace perfmodel::llm {
namespace {

using spec::MapReader;
using spec::Need;

constexpr long kMaxWidth = 10'000'000;
constexpr long kMaxLayers = 1000;

int required(MapReader& r, std::string_view key, long min = 1, long max = kMaxWidth) {
  return static_cast<int>(r.integer(key, Need::required, min, max).value_or(min));
}
int optional(MapReader& r, std::string_view key, int otherwise, long min = 0,
             long max = kMaxWidth) {
  return static_cast<int>(r.integer(key, Need::optional, min, max).value_or(otherwise));
}
bool flag(MapReader& r, std::string_view key, bool otherwise = false) {
  return r.boolean(key, Need::optional).value_or(otherwise);
}

std::optional<Indexer> read_indexer(MapReader& r) {
  if (!r.has("index_heads") && !r.has("index_dim") && !r.has("index_topk")) return std::nullopt;
  Indexer ix;
  ix.heads = required(r, "index_heads");
  ix.dim = required(r, "index_dim");
  ix.topk = required(r, "index_topk");
  ix.shared_by = optional(r, "share_index", 1, 1, kMaxLayers);
  return ix;
}

GroupedQuery read_grouped_query(MapReader& r) {
  GroupedQuery a;
  a.heads = required(r, "heads");
  a.kv_heads = required(r, "kv_heads");
  a.head_dim = required(r, "head_dim");
  a.v_head_dim = optional(r, "v_head_dim", a.head_dim, 1);
  a.window = optional(r, "window", 0);
  a.bias = flag(r, "bias");
  a.out_bias = flag(r, "out_bias");
  a.qk_norm = flag(r, "qk_norm");
  a.output_gate = flag(r, "output_gate");
  a.sinks = flag(r, "sinks");
  a.share_kv = optional(r, "share_kv", 1, 1, kMaxLayers);
  a.indexer = read_indexer(r);
  if (a.heads % a.kv_heads != 0) {
    r.context().problem(r.mark(), r.path() + ".kv_heads",
                        "must divide the number of heads (" + std::to_string(a.heads) + ")");
  }
  return a;
}

Latent read_latent(MapReader& r) {
  Latent a;
  a.heads = required(r, "heads");
  a.q_lora_rank = required(r, "q_lora_rank", 0);
  a.kv_lora_rank = required(r, "kv_lora_rank");
  a.qk_nope_dim = required(r, "qk_nope_dim");
  a.qk_rope_dim = required(r, "qk_rope_dim", 0);
  a.v_head_dim = required(r, "v_head_dim");
  a.indexer = read_indexer(r);
  return a;
}

Compressed read_compressed(MapReader& r) {
  Compressed a;
  a.heads = required(r, "heads");
  a.head_dim = required(r, "head_dim");
  a.q_lora_rank = required(r, "q_lora_rank");
  a.qk_rope_dim = required(r, "qk_rope_dim", 0);
  a.o_groups = required(r, "o_groups");
  a.o_lora_rank = required(r, "o_lora_rank");
  a.window = required(r, "window");
  a.ratio = required(r, "ratio", 0);
  a.indexer = read_indexer(r);
  a.streams = optional(r, "streams", 1, 1, 64);
  return a;
}

Linear read_linear(MapReader& r) {
  Linear a;
  a.variant = r.choice<Linear::Variant>("variant", Need::required,
                                        {{"gated-delta-net", Linear::Variant::gated_delta_net},
                                         {"lightning", Linear::Variant::lightning}})
                  .value_or(Linear::Variant::gated_delta_net);
  a.k_heads = required(r, "k_heads");
  a.v_heads = required(r, "v_heads");
  a.k_dim = required(r, "k_dim");
  a.v_dim = required(r, "v_dim");
  a.conv = optional(r, "conv", 0);
  a.output_gate = flag(r, "output_gate", true);
  return a;
}

enum class AttentionKind { gqa, mla, compressed, linear };

std::optional<AttentionBlock> read_attention(MapReader& r) {
  const auto kind = r.choice<AttentionKind>("kind", Need::required,
                                            {{"gqa", AttentionKind::gqa},
                                             {"mla", AttentionKind::mla},
                                             {"compressed", AttentionKind::compressed},
                                             {"linear", AttentionKind::linear}});
  AttentionBlock b;
  b.layers = required(r, "layers", 1, kMaxLayers);
  b.norms = r.number("norms", Need::optional, 0, 16).value_or(1);
  if (!kind) return std::nullopt;
  switch (*kind) {
    case AttentionKind::gqa:
      b.kind = read_grouped_query(r);
      break;
    case AttentionKind::mla:
      b.kind = read_latent(r);
      break;
    case AttentionKind::compressed:
      b.kind = read_compressed(r);
      break;
    case AttentionKind::linear:
      b.kind = read_linear(r);
      break;
  }
  r.finish();
  return b;
}

std::optional<FfnBlock> read_ffn(MapReader& r) {
  const auto moe = r.choice<bool>("kind", Need::required, {{"dense", false}, {"moe", true}});
  FfnBlock b;
  b.layers = required(r, "layers", 1, kMaxLayers);
  b.norms = r.number("norms", Need::optional, 0, 16).value_or(1);
  if (!moe) return std::nullopt;
  if (*moe) {
    MoeFfn f;
    f.experts = required(r, "experts");
    f.topk = required(r, "topk", 1, f.experts);
    f.width = required(r, "width");
    f.gated = flag(r, "gated", true);
    f.bias = flag(r, "bias");
    f.shared = optional(r, "shared", 0);
    f.shared_width = optional(r, "shared_width", f.width, 1);
    f.shared_gate = flag(r, "shared_gate");
    f.groups = optional(r, "groups", 1, 1);
    b.kind = f;
  } else {
    DenseFfn f;
    f.width = required(r, "width");
    f.gated = flag(r, "gated", true);
    f.bias = flag(r, "bias");
    b.kind = f;
  }
  r.finish();
  return b;
}

void read_native(MapReader& root, NativeFormats& native) {
  using spec::Storage;
  const auto options = spec::storage_options();
  if (auto w = root.map("weights", Need::required)) {
    const auto base =
        w->choice<Storage>("default", Need::required, options).value_or(Storage::bf16);
    native.attention = w->choice<Storage>("attention", Need::optional, options).value_or(base);
    native.ffn = w->choice<Storage>("ffn", Need::optional, options).value_or(base);
    native.experts = w->choice<Storage>("experts", Need::optional, options).value_or(base);
    // Tables and heads stay in 16 bits in every released low-precision checkpoint unless a file
    // says otherwise.
    const auto wide = spec::info(base).bits >= 16 ? base : Storage::bf16;
    native.embedding = w->choice<Storage>("embedding", Need::optional, options).value_or(wide);
    native.head = w->choice<Storage>("head", Need::optional, options).value_or(native.embedding);
    w->finish();
  }
  native.kv = root.choice<Storage>("kv", Need::optional, options).value_or(Storage::bf16);
}

void read_counts(MapReader& root, LlmSpec& llm) {
  if (auto p = root.map("parameters", Need::optional)) {
    llm.total_parameters = p->figure<Count>("total", Need::optional);
    llm.active_parameters = p->figure<Count>("active", Need::optional);
    p->finish();
  }
  llm.active_convention =
      root.choice<ActiveConvention>("active_convention", Need::optional,
                                    {{"all", ActiveConvention::all},
                                     {"no_embedding", ActiveConvention::no_embedding},
                                     {"no_embedding_head", ActiveConvention::no_embedding_head}})
          .value_or(ActiveConvention::all);
}

void read_architecture(MapReader& root, spec::Context& context, LlmSpec& llm) {
  auto a = root.map("architecture", Need::required);
  if (!a) return;
  if (a->source_ids("source").empty())
    context.problem(a->mark(), "architecture", "needs the source of the dimensions",
                    "add source: ID");
  std::vector<std::pair<std::string_view, spec::Grade>> grades;
  for (std::size_t i = 0; i < spec::kGradeNames.size(); ++i)
    grades.emplace_back(spec::kGradeNames[i], static_cast<spec::Grade>(i));
  llm.architecture_grade =
      a->choice<spec::Grade>("grade", Need::required, grades).value_or(spec::Grade::official);
  a->text("note", Need::optional);
  a->finish();
}

}  // namespace

std::optional<LlmSpec> read_llm(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "llm", diagnostics);
  auto& root = file.root();
  auto llm = file.begin<LlmSpec>();
  llm.vendor = root.text("vendor", Need::required).value_or("");
  llm.release = root.text("release", Need::optional).value_or("");
  read_architecture(root, file.context(), llm);
  llm.hidden = required(root, "hidden");
  llm.vocab = required(root, "vocab");
  llm.tie_embeddings = flag(root, "tie_embeddings");
  llm.max_context = required(root, "max_context", 1, 1'000'000'000);
  llm.positions = optional(root, "positions", 0);
  for (auto& r : root.maps("attention", Need::required))
    if (auto b = read_attention(r)) llm.attention.push_back(*b);
  for (auto& r : root.maps("ffn", Need::required))
    if (auto b = read_ffn(r)) llm.ffn.push_back(*b);
  llm.mtp_layers = optional(root, "mtp_layers", 0, 0, 64);
  read_native(root, llm.native);
  read_counts(root, llm);
  int ffn_layers = 0;
  for (const auto& b : llm.ffn) ffn_layers += b.layers;
  if (ffn_layers != llm.layers()) {
    file.context().problem(root.mark(), "ffn",
                           "has " + std::to_string(ffn_layers) + " layers where attention has " +
                               std::to_string(llm.layers()));
  }
  return file.end(std::move(llm));
}

int LlmSpec::layers() const {
  int n = 0;
  for (const auto& b : attention) n += b.layers;
  return n;
}

const MoeFfn* LlmSpec::moe() const {
  for (const auto& b : ffn)
    if (const auto* m = std::get_if<MoeFfn>(&b.kind)) return m;
  return nullptr;
}

bool LlmSpec::is_moe() const {
  return moe() != nullptr;
}

namespace {

std::string name_of(const GroupedQuery& a) {
  std::string s = a.kv_heads == a.heads ? "MHA" : a.kv_heads == 1 ? "MQA" : "GQA";
  if (a.window > 0) s += "/" + std::to_string(a.window);
  if (a.indexer) s += " sparse";
  return s;
}
std::string name_of(const Latent& a) {
  return a.indexer ? "MLA+DSA" : "MLA";
}
std::string name_of(const Compressed& a) {
  if (a.ratio == 0) return "window/" + std::to_string(a.window);
  return std::string(a.indexer ? "sparse compressed 1:" : "compressed 1:") +
         std::to_string(a.ratio);
}
std::string name_of(const Linear& a) {
  return a.variant == Linear::Variant::gated_delta_net ? "gated delta net" : "lightning";
}

}  // namespace

std::string attention_name(const LlmSpec& llm) {
  std::string s;
  for (const auto& b : llm.attention) {
    if (!s.empty()) s += " + ";
    s += std::visit([](const auto& kind) { return name_of(kind); }, b.kind);
  }
  return s;
}

}  // namespace perfmodel::llm
