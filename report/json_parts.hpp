// What the formats in JSON share.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "report/estimate_record.hpp"

namespace perfmodel::report {

using Json = nlohmann::ordered_json;

/// What does not exist (an infinity) is null.
inline Json real(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
inline Json real(const std::optional<double>& value) {
  return value ? real(*value) : Json(nullptr);
}
template <class D>
Json base(Quantity<D> q) {
  return real(q.base());
}
template <class D>
Json base(const std::optional<Quantity<D>>& q) {
  return q ? base(*q) : Json(nullptr);
}
inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <class Items, class Of>
Json array_of(const Items& items, Of of) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(of(item));
  return out;
}

/// Bytes that are not UTF-8 become U+FFFD instead of an exception. `indent` -1: on one line.
inline std::string json_text(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json workload_json(const EstimateRecord& record);
Json formats_json(const EstimateRecord& record);
Json figure_json(const FigureRow& figure);
/// Null without samples.
Json intervals_json(const EstimateRecord& record);
Json provenance_json(const Provenance& provenance);

}  // namespace perfmodel::report
