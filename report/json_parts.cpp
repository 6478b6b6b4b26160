#include "report/json_parts.hpp"

namespace perfmodel::report {

Json workload_json(const EstimateRecord& r) {
  return {{"id", r.workload},
          {"input_tokens", real(r.input)},
          {"output_tokens", real(r.output)},
          {"length_spread", real(r.spread)},
          {"prefix_hit", real(r.prefix_hit)},
          {"slo_ttft_s", base(r.slo_ttft)},
          {"slo_tpot_s", base(r.slo_tpot)}};
}

Json formats_json(const EstimateRecord& r) {
  return {{"weights", r.weights_format},
          {"kv", r.kv_format},
          {"compute", r.compute},
          {"fallbacks", r.fallbacks}};
}

Json figure_json(const FigureRow& f) {
  Json out = {{"path", f.path},
              {"value", f.value},
              {"range", text_or_null(f.range)},
              {"grade", f.grade},
              {"source", f.source},
              {"url", f.url},
              {"date", f.date},
              {"file", f.file},
              {"line", f.line},
              {"overridden", f.overridden},
              {"note", f.note}};
  if (!f.claims.empty()) out["claims"] = f.claims;
  if (!f.moves.empty()) {
    out["output_rate_elasticity"] = real(f.elasticity);
    out["moves"] = f.moves;
  }
  return out;
}

Json provenance_json(const Provenance& p) {
  const auto file = [](const FileRow& f) { return Json{{"file", f.file}, {"sha256", f.sha256}}; };
  return {{"revision", p.revision}, {"command", p.command}, {"files", array_of(p.files, file)}};
}

}  // namespace perfmodel::report
