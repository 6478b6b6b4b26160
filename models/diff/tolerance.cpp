#include "diff/tolerance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "units/number.hpp"

namespace perfmodel::diff {
namespace {

constexpr double kPercent = 100;

struct Share {
  std::optional<double> value;
  std::string problem, hint;
};

Share parse_share(std::string_view text) {
  auto digits = trimmed(text);
  const bool percent = digits.ends_with('%');
  if (percent) digits = trimmed(digits.substr(0, digits.size() - 1));
  const auto scan = scan_entire(digits);
  const auto shown = quoted(text);
  if (scan.status == NumberScan::Status::not_finite)
    return {{}, fmt::format("{} is not a finite tolerance", shown), "--ignore leaves a column out"};
  if (scan.status != NumberScan::Status::ok)
    return {{}, fmt::format("{} is not a tolerance", shown), "write it like 5% or tpot_ms=5%"};
  if (scan.value < 0) return {{}, fmt::format("tolerance {} is negative", shown), ""};
  if (!percent && scan.value != 0) {
    return {{},
            fmt::format("tolerance {} has no %", shown),
            fmt::format("{0}% or {1}%?", scan.value, scan.value * kPercent)};
  }
  return {scan.value / kPercent, "", ""};
}

}  // namespace

Tolerances parse_tolerances(const std::vector<std::string>& words, spec::Diagnostics& diagnostics) {
  Tolerances t;
  for (const auto& word : words) {
    for (std::size_t at = 0; at <= word.size();) {
      const auto end = std::min(word.find(',', at), word.size());
      const auto one = std::string_view(word).substr(at, end - at);
      at = end + 1;
      // The last one: a name may have a '=' in it, a share has none.
      const auto equals = one.rfind('=');
      const bool is_named = equals != std::string_view::npos;
      const auto share = parse_share(is_named ? one.substr(equals + 1) : one);
      const auto name = std::string(is_named ? trimmed(one.substr(0, equals)) : "");
      if (!share.value)
        diagnostics.add({"", {}, "--tolerance", share.problem, share.hint});
      else if (is_named && name.empty())
        diagnostics.add(
            {"", {}, "--tolerance", fmt::format("{} names no metric", quoted(one)), ""});
      else if (is_named)
        t.named[name] = *share.value;
      else
        t.others = *share.value;
    }
  }
  return t;
}

bool is_outside(double before, double now, double tolerance) {
  const double moved = std::abs(now - before);
  // 1.05 - 1 is a little more than 0.05.
  const double rounding = tolerance > 0 ? 4 * std::numeric_limits<double>::epsilon() : 0;
  return moved >
         tolerance * std::abs(before) + rounding * std::max(std::abs(before), std::abs(now));
}

}  // namespace perfmodel::diff
