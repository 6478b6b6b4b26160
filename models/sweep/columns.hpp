// Columns of a sweep's CSV that are not metrics.
#pragma once

#include <array>
#include <string_view>

namespace perfmodel::sweep {

/// What was asked, one value of every axis: no two rows of a sweep agree in all of these, so two
/// results are joined on them. Every sweep writes all of them, in this order, before any other.
/// Formats and what-ifs are as asked (native, own).
inline constexpr std::array<std::string_view, 27> kKeyColumns = {"chip",
                                                                 "system",
                                                                 "systems",
                                                                 "llm",
                                                                 "stack",
                                                                 "weights_format",
                                                                 "kv_format",
                                                                 "compute",
                                                                 "memory",
                                                                 "overrides",
                                                                 "link_scale",
                                                                 "dies",
                                                                 "clock",
                                                                 "native",
                                                                 "tp",
                                                                 "pp",
                                                                 "dp",
                                                                 "ep",
                                                                 "moe_tp",
                                                                 "cp",
                                                                 "draft_tokens",
                                                                 "accepted_tokens",
                                                                 "input_tokens",
                                                                 "output_tokens",
                                                                 "length_spread",
                                                                 "prefix_hit",
                                                                 "batch_per_rank"};

/// Then these, then the metrics.
inline constexpr std::array<std::string_view, 4> kAnswerColumns = {"verdict", "reason", "chips",
                                                                   "engines"};

}  // namespace perfmodel::sweep
