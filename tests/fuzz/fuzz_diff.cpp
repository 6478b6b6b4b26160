// Any bytes at all as two result files, cut at the first form feed. Nothing may crash; a file that
// is read is within tolerance of itself, and swapping two files swaps their rows.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "diff/compare.hpp"

namespace {

using namespace perfmodel;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Result {
  bool read = false;
  diff::Comparison c;
};

Result compare(std::string_view before, std::string_view now) {
  spec::Diagnostics d;
  const auto a = diff::make_source(before, "old.csv", d);
  const auto b = diff::make_source(now, "new.csv", d);
  if (!d.empty()) return {};
  auto c = diff::compare(a, b, {}, d);
  return {d.empty(), std::move(c)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = std::min(text.find('\f'), text.size());
  const auto before = text.substr(0, cut);
  const auto now = text.substr(std::min(cut + 1, text.size()));
  const auto same = compare(before, before);
  if (same.read) {
    require(same.c.failures.empty() && same.c.only_old.count == 0 && same.c.joined > 0);
    for (const auto& m : same.c.metrics) require(m.lowest.ratio == 1 && m.highest.ratio == 1);
  }
  const auto there = compare(before, now);
  const auto back = compare(now, before);
  require(there.read == back.read);
  if (!there.read) return 0;
  require(there.c.joined == back.c.joined && there.c.only_old.count == back.c.only_new.count);
  require(there.c.metrics.size() == back.c.metrics.size());
  for (const auto& m : there.c.metrics)
    require(!std::isnan(m.median) && m.lowest.ratio <= m.highest.ratio);
  return 0;
}
