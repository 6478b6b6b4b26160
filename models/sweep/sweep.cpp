#include "sweep/sweep.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "units/number.hpp"

namespace perfmodel::sweep {
namespace {

template <class E>
std::optional<E> find(const std::vector<std::pair<std::string_view, E>>& options,
                      std::string_view word) {
  for (const auto& [name, value] : options)
    if (name == word) return value;
  return std::nullopt;
}

std::size_t at_least_one(std::size_t n) {
  return std::max<std::size_t>(1, n);
}

}  // namespace

std::size_t Sweep::sites() const {
  return at_least_one(chips.size()) * at_least_one(systems.size());
}

std::size_t Sweep::set_combinations() const {
  std::size_t n = 1;
  for (const auto& s : sets) n *= s.values.size();
  return n;
}

std::array<std::uint32_t, kAxes> Sweep::sizes() const {
  const std::array<std::size_t, kAxes> sizes = {
      sites(),        counts.size(),      dies.size(),
      llms.size(),    memories.size(),    clocks.size(),
      natives.size(), set_combinations(), link_scales.size(),
      stacks.size(),  weights.size(),     kv.size(),
      compute.size(), speculate.size(),   at_least_one(parallel.size()),
      inputs.size(),  outputs.size(),     prefix_hits.size(),
      batches.size()};
  std::array<std::uint32_t, kAxes> r{};
  std::transform(sizes.begin(), sizes.end(), r.begin(),
                 [](std::size_t n) { return static_cast<std::uint32_t>(n); });
  return r;
}

std::optional<hw::MemorySwap> memory_of(const Word& word) {
  if (word.text == kOwn) return std::nullopt;
  return hw::parse_memory_swap(word.text);
}

hw::WhatIf what_if_at(const Sweep& s, const Place& place) {
  hw::WhatIf w;
  const auto take = [&](std::string_view name, const Word& word) {
    if (word.text != kOwn) hw::set(w, name, word.text);
  };
  take("memory", s.memories[place.at(Axis::memory)]);
  take("dies", s.dies[place.at(Axis::dies)]);
  take("clock", s.clocks[place.at(Axis::clock)]);
  take("native", s.natives[place.at(Axis::native)]);
  const double links = s.link_scales[place.at(Axis::link_scale)];
  if (links != 1) w.link_scale = links;
  return w;
}

std::optional<spec::Storage> storage_of(const Word& word) {
  return find(spec::storage_options(), word.text);
}

std::optional<spec::Compute> compute_of(const Word& word) {
  return find(spec::compute_options(), word.text);
}

serving::Speculation speculation_of(const Word& word) {
  return serving::parse_speculation(word.text).value_or(serving::Speculation{});
}

mapping::AskedParallelism parallelism_of(const Word& word) {
  std::vector<std::string> problems;
  return mapping::parse_parallelism(word.text, problems).value_or(mapping::AskedParallelism{});
}

std::optional<Pareto> parse_pareto(std::string_view text, std::string& problem) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) {
    problem = fmt::format("{} is not two metrics", quoted(text));
    return std::nullopt;
  }
  Pareto p;
  const auto read = [&](std::string_view name, std::size_t& into) {
    const auto m = find_metric(name);
    if (!m) problem = fmt::format("unknown metric {} ({})", quoted(name), metric_hint(name));
    into = m.value_or(0);
    return m.has_value();
  };
  if (!read(text.substr(0, comma), p.x) || !read(text.substr(comma + 1), p.y)) return std::nullopt;
  return p;
}

}  // namespace perfmodel::sweep
