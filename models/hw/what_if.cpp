#include "hw/what_if.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "spec/wording.hpp"
#include "units/number.hpp"
#include "units/text.hpp"

namespace perfmodel::hw {
namespace {

using spec::Compute;
using spec::Infeasible;

constexpr double kLeastFactor = 0.01, kMostFactor = 100;
constexpr int kMostDies = 16;

std::string no_factor(std::string_view value) {
  return fmt::format("'{}' is no factor between {} and {}, as in 1.5x", value, kLeastFactor,
                     kMostFactor);
}

bool is_factor(double v) {
  return v >= kLeastFactor && v <= kMostFactor;
}

/// "1.5x" or a quantity.
template <class Q>
std::string read(std::optional<Change<Q>>& to, std::string_view value) {
  if (value.ends_with('x')) {
    const auto factor = entire_number<double>(value.substr(0, value.size() - 1));
    if (!factor || !is_factor(*factor)) return no_factor(value);
    to = *factor;
    return "";
  }
  auto parsed = parse<Q>(value);
  if (const auto* e = std::get_if<UnitError>(&parsed))
    return fmt::format("{}{}; a factor is written 1.5x", e->message,
                       e->hint.empty() ? "" : " (" + e->hint + ")");
  const auto q = std::get<Q>(parsed);
  if (q.base() <= 0) return fmt::format("'{}' is not positive", value);
  to = q;
  return "";
}

std::string read_native(WhatIf& w, std::string_view value) {
  while (!value.empty()) {
    const auto word = value.substr(0, value.find(':'));
    value.remove_prefix(std::min(value.size(), word.size() + 1));
    std::optional<Compute> type;
    for (const auto& [name, t] : spec::compute_options())
      if (name == word) type = t;
    const auto bits = [](Compute t) {
      return t == Compute::fp8 || t == Compute::int8 || t == Compute::fp4 || t == Compute::fp6;
    };
    if (!type || !bits(*type))
      return fmt::format("'{}' is no type that units could get ({})", word,
                         spec::nearest_hint(word, {"fp8", "int8", "fp6", "fp4"}));
    if (std::find(w.native.begin(), w.native.end(), *type) != w.native.end())
      return fmt::format("{} is named twice", word);
    w.native.push_back(*type);
  }
  return w.native.empty() ? "names no type, as in fp8" : "";
}

template <class Q>
void scale(Figure<Q>& f, double factor) {
  if (!f) return;
  f->value *= factor;
  f->low *= factor;
  f->high *= factor;
  f->overridden = true;
}

template <class Q>
std::string change_text(const Figure<Q>& before, const Figure<Q>& after) {
  return fmt::format("{} (was {})", after ? format(after->value) : "unknown",
                     before ? format(before->value) : "unknown");
}

void scale_rates(Chip& c, double factor) {
  for (auto& peak : c.matrix) scale(peak, factor);
  scale(c.vector_fp16, factor);
  scale(c.vector_fp32, factor);
  scale(c.tdp, factor);
}

Infeasible cannot(std::string reason, std::string nearest) {
  return {spec::Why::invalid_mapping, std::move(reason), std::move(nearest)};
}

/// Makes the changes one after the other; the first that cannot be made ends it.
class Maker {
 public:
  Maker(const Chip& chip, const System& system, const WhatIf& w)
      : before_(chip), w_(w), r_{chip, system, {}} {}

  spec::Outcome<Changed> make(const std::function<Memory(const std::string&)>& memory) {
    for (const auto& problem : {dies(), w_.memory ? swap(memory(w_.memory->kind)) : std::nullopt,
                                bandwidth(), clock(), native()})
      if (problem) return *problem;
    links();
    return std::move(r_);
  }

 private:
  using Problem = std::optional<Infeasible>;

  Problem dies() {
    if (!w_.dies) return std::nullopt;
    auto& c = r_.chip;
    const double factor = static_cast<double>(*w_.dies) / c.dies;
    if (c.devices == c.dies) c.devices = *w_.dies;
    c.dies = *w_.dies;
    if (c.memory_stacks) {
      const double stacks = *c.memory_stacks * factor;
      if (stacks != std::floor(stacks))
        return cannot(fmt::format("dies: {} dies of {} would share {} stacks of memory", c.dies,
                                  c.id, *c.memory_stacks),
                      fmt::format("a number of dies whose share of {} stacks over {} is whole",
                                  *c.memory_stacks, before_.dies));
      c.memory_stacks = static_cast<int>(stacks);
    }
    scale_rates(c, factor);
    scale(c.cores, factor);
    scale(c.cache, factor);
    scale(c.memory_capacity, factor);
    scale(c.memory_bandwidth, factor);
    r_.lines.push_back(fmt::format(
        "chip.dies = {} (was {}): peaks, cores, cache, memory and TDP of the package times {:.4g}, "
        "its links as they were",
        c.dies, before_.dies, factor));
    return std::nullopt;
  }

  Problem swap(const Memory& memory) {
    auto& c = r_.chip;
    const int stacks = w_.memory->stacks;
    if (c.memory_stacks && stacks > *c.memory_stacks)
      return cannot(
          fmt::format("memory: {} stacks of {} are more than the {} that the package of {} "
                      "holds",
                      stacks, memory.id, *c.memory_stacks, c.id),
          fmt::format("{}:{}", memory.id, *c.memory_stacks));
    c = with_memory(c, memory, stacks);
    r_.lines.push_back(fmt::format("chip.memory = {} stacks of {}{}", stacks, memory.id,
                                   r_.chip.memory_stacks && !before_.memory_stacks
                                       ? ", how many the package holds is not published"
                                       : ""));
    return std::nullopt;
  }

  Problem bandwidth() {
    if (!w_.memory_bandwidth) return std::nullopt;
    auto& f = r_.chip.memory_bandwidth;
    if (auto bad = apply(f, *w_.memory_bandwidth, "memory-bandwidth", "memory bandwidth"))
      return bad;
    r_.lines.push_back("chip.memory.bandwidth = " + change_text(before_.memory_bandwidth, f));
    return std::nullopt;
  }

  Problem clock() {
    if (!w_.clock) return std::nullopt;
    auto& c = r_.chip;
    double factor = 0;
    if (const auto* by = std::get_if<double>(&*w_.clock)) {
      factor = *by;
    } else {
      if (!c.clock)
        return cannot(fmt::format("clock: the clock of {} is not published", c.id),
                      "a factor, as in 1.2x");
      factor = std::get<Frequency>(*w_.clock) / c.clock->value;
    }
    scale(c.clock, factor);
    scale_rates(c, factor);
    r_.lines.push_back(
        fmt::format("chip.clock times {:.4g}{}: matrix and vector peaks and TDP go with it", factor,
                    c.clock ? ", " + change_text(before_.clock, c.clock) : ""));
    return std::nullopt;
  }

  Problem native() {
    auto& c = r_.chip;
    for (const auto type : w_.native) {
      const auto name = spec::name_of(type);
      if (c.peak(type))
        return cannot(fmt::format("native: {} multiplies {} already, at {}", c.id, name,
                                  format(c.peak(type)->value)),
                      "leave it out");
      const auto* base = c.peak(Compute::fp16)   ? &*c.peak(Compute::fp16)
                         : c.peak(Compute::bf16) ? &*c.peak(Compute::bf16)
                                                 : nullptr;
      if (base == nullptr)
        return cannot(fmt::format("native: no 16-bit peak of {} is published", c.id), "--assume");
      const double times = type == Compute::fp4 ? 4.0 : 2.0;
      Figure<OpRate> f = *base;
      scale(f, times);
      f->grade = spec::Grade::assumed;
      f->note = fmt::format("what if: {:.0f} times the 16-bit rate, as chips that have it", times);
      f->sources.clear();
      f->origin.path = fmt::format("chip.matrix.{}", name);
      c.matrix[spec::index(type)] = f;
      c.absent[spec::index(type)] = false;
      r_.lines.push_back(fmt::format(
          "chip.matrix.{} = {} (assumed: {:.0f} times the 16-bit rate, as on chips that have it; "
          "area and power are not counted)",
          name, format(f->value), times));
    }
    return std::nullopt;
  }

  void links() {
    if (!w_.link_scale) return;
    scale(r_.chip.link_scale_up, *w_.link_scale);
    scale(r_.chip.link_scale_out, *w_.link_scale);
    for (auto& tier : r_.system.tiers) scale(tier.bandwidth, *w_.link_scale);
    if (r_.system.scale_out) scale(r_.system.scale_out->bandwidth, *w_.link_scale);
    r_.lines.push_back(
        fmt::format("links times {:.4g}, the scale-out network included", *w_.link_scale));
  }

  template <class Q>
  Problem apply(Figure<Q>& f, const Change<Q>& change, std::string_view name,
                std::string_view what) {
    if (const auto* to = std::get_if<Q>(&change)) {
      spec::Sourced<Q> set;
      if (f) set.origin = f->origin;
      set.value = set.low = set.high = *to;
      set.note = "what if";
      set.overridden = true;
      f = set;
      return std::nullopt;
    }
    if (!f)
      return cannot(fmt::format("{}: the {} of {} is not published", name, what, r_.chip.id),
                    "a value in place of a factor");
    scale(f, std::get<double>(change));
    return std::nullopt;
  }

  const Chip& before_;
  const WhatIf& w_;
  Changed r_;
};

}  // namespace

bool WhatIf::empty() const {
  return !memory && !memory_bandwidth && !link_scale && !dies && !clock && native.empty();
}

std::string set(WhatIf& w, std::string_view name, std::string_view value) {
  if (name == "memory") {
    w.memory = parse_memory_swap(value);
    return w.memory ? "" : fmt::format("'{}' is not KIND:STACKS, as in hbm3e:8", value);
  }
  if (name == "memory-bandwidth") return read(w.memory_bandwidth, value);
  if (name == "clock") return read(w.clock, value);
  if (name == "native") return read_native(w, value);
  if (name == "link-scale") {
    const auto v =
        entire_number<double>(value.ends_with('x') ? value.substr(0, value.size() - 1) : value);
    if (!v || !is_factor(*v)) return no_factor(value);
    w.link_scale = *v;
    return "";
  }
  if (name == "dies") {
    const auto v = entire_number<double>(value);
    if (!v || *v < 1 || *v > kMostDies || *v != std::floor(*v))
      return fmt::format("'{}' is no number of dies from 1 to {}", value, kMostDies);
    w.dies = static_cast<int>(*v);
    return "";
  }
  return fmt::format("nothing of that name can be changed ({})",
                     spec::nearest_hint(name, {kWhatIfNames.begin(), kWhatIfNames.end()}));
}

std::string contradiction(const WhatIf& w) {
  if (w.memory && w.memory_bandwidth)
    return "memory and memory-bandwidth both set the bandwidth: stacks bring their own";
  return "";
}

spec::Outcome<Changed> changed(const Chip& chip, const System& system, const WhatIf& what_if,
                               const std::function<Memory(const std::string& kind)>& memory) {
  return Maker(chip, system, what_if).make(memory);
}

}  // namespace perfmodel::hw
