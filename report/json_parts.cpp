#include "report/json_parts.hpp"

namespace perfmodel::report {

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
    out["output_rate_elasticity"] = f.elasticity ? real(*f.elasticity) : Json(nullptr);
    out["moves"] = f.moves;
  }
  return out;
}

Json provenance_json(const Provenance& p) {
  Json files = Json::array();
  for (const FileRow& f : p.files) files.push_back({{"file", f.file}, {"sha256", f.sha256}});
  return {{"revision", p.revision}, {"command", p.command}, {"files", std::move(files)}};
}

}  // namespace perfmodel::report
