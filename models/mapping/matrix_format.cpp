#include "mapping/matrix_format.hpp"

namespace perfmodel::mapping {

using llm::Part;
using spec::Storage;

MatrixFormat format_of(Part part, const Precision& p) {
  switch (part) {
    case Part::embedding:
      return {p.embedding, p.core};
    case Part::head:
      return {p.head, p.head_gemm};
    case Part::attention:
      return {p.attention, p.attention_gemm};
    case Part::router:
      return {Storage::bf16, p.core};
    case Part::dense_ffn:
    case Part::shared_expert:
      return {p.ffn, p.ffn_gemm};
    case Part::expert:
      return {p.experts, p.expert_gemm};
  }
  return {p.ffn, p.ffn_gemm};
}

bool converts(const MatrixFormat& f) {
  const bool dynamic = spec::info(f.storage).block > 0 || f.storage == Storage::int8;
  return dynamic && spec::activation_bytes(f.compute) < Bytes::from_base(2.0);
}

std::optional<spec::Compute> packed(const MatrixFormat& f) {
  const auto& i = spec::info(f.storage);
  if (i.bits > 4 || i.native == f.compute) return std::nullopt;
  return i.native;
}

bool widened(const MatrixFormat& f) {
  return spec::info(f.storage).bits < 8.0 * spec::activation_bytes(f.compute).base();
}

}  // namespace perfmodel::mapping
