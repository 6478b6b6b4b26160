// What the JSON of answers and of comparisons share.
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

Json figure_json(const FigureRow& figure);
/// Null without samples.
Json intervals_json(const EstimateRecord& record);
Json provenance_json(const Provenance& provenance);

}  // namespace perfmodel::report
