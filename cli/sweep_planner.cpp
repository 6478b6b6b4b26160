#include "cli/sweep_planner.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

using sweep::Axis;
using sweep::Place;

}  // namespace

Planner::Planner(const LoadedSweep& sweep)
    : loaded_(sweep), sweep_(sweep.sweep), catalog_(sweep.configs) {
  planned_.setup = &setup_;
  planned_.stack = &stack_;
  planned_.llm = &llm_;
}

const PlannedSite& Planner::at(std::uint64_t plan) {
  if (now_ == plan) return planned_;
  now_.reset();
  const auto place = loaded_.space.plan(plan);
  load(place);
  compile(place);
  last_ = place;
  now_ = plan;
  return planned_;
}

void Planner::load(const Place& place) {
  const auto changed = [&](std::initializer_list<Axis> axes) {
    return !last_ || std::any_of(axes.begin(), axes.end(),
                                 [&](Axis a) { return place.at(a) != last_->at(a); });
  };
  const bool files = changed({Axis::system, Axis::count, Axis::overrides});
  const bool machine =
      files || changed({Axis::dies, Axis::memory, Axis::clock, Axis::native, Axis::link_scale});
  const bool software = machine || changed({Axis::stack});
  const bool llm = changed({Axis::llm});
  if (software || llm) ++planned_.made_of;
  if (files) as_built_ = load_as_built(catalog_, sweep_, place);
  if (machine) build(place);
  if (software) {
    stack_ = catalog_.stack(sweep_.stacks[place.at(Axis::stack)].text,
                            options_at(sweep_, place).overrides);
    machine_ = setup_.machine(stack_);
  }
  if (llm) llm_ = catalog_.llm(sweep_.llms[place.at(Axis::llm)].text);
  if (llm || changed({Axis::system, Axis::count, Axis::dies}))
    deployments_ = deployments_of(sweep_, llm_, setup_.devices());
}

void Planner::build(const Place& place) {
  auto built = load_changed(catalog_, as_built_, sweep_, place);
  unbuilt_.reset();
  if (built) {
    setup_ = *std::move(built);
    return;
  }
  unbuilt_ = built.error();
  setup_ = load_sized(catalog_, as_built_, sweep_, place);
}

void Planner::compile(const Place& place) {
  const auto& s = sweep_;
  const auto& weights = s.weights[place.at(Axis::weights)];
  const auto& kv = s.kv[place.at(Axis::kv)];
  const auto& compute = s.compute[place.at(Axis::compute)];
  const auto speculation = speculation_of(s.speculate[place.at(Axis::speculate)]);
  const auto& p = deployments_[place.at(Axis::parallel)];
  const auto& stack = s.stacks[place.at(Axis::stack)];
  const auto options = options_at(s, place);

  planned_.points.reset();
  planned_.why.reset();
  const auto text = [](std::string_view t) { return report::csv_field(t); };
  const auto number = [](double v) { return report::csv_number(v); };
  planned_.keys = fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},", text(setup_.chip.id),
      text(setup_.system.id), setup_.systems, text(llm_.id),
      text(catalog_.resolve(*find_kind("stack"), stack.text)), weights.text, kv.text, compute.text,
      text(s.memories[place.at(Axis::memory)].text), text(overrides_text(options)),
      number(s.link_scales[place.at(Axis::link_scale)]), s.dies[place.at(Axis::dies)].text,
      s.clocks[place.at(Axis::clock)].text, s.natives[place.at(Axis::native)].text, p.tp, p.pp,
      p.dp, p.ep, p.moe_tp, p.cp, speculation.drafts, number(speculation.accepted));

  const mapping::PrecisionRequest asked{storage_of(weights), storage_of(kv), compute_of(compute),
                                        s.fallback};
  const auto precision = mapping::resolve(asked, llm_, setup_.chip);
  auto& site = planned_.site;
  site = {.accepted = speculation.accepted,
          .max_context = static_cast<double>(llm_.max_context),
          .engines = setup_.devices() / p.devices(),
          .chips = setup_.chips()};
  if (unbuilt_ || !precision) {
    planned_.why = unbuilt_ ? *unbuilt_ : precision.error();
    return;
  }
  if (site.engines < 1) {
    planned_.why =
        spec::Infeasible{spec::Why::invalid_mapping,
                         fmt::format("{} needs {} devices, the system has {}",
                                     mapping::to_string(p), p.devices(), setup_.devices()),
                         ""};
    return;
  }
  const auto plan = phase::compile(llm_, p, *precision, machine_, speculation.drafts);
  if (!plan) {
    planned_.why = plan.error();
    return;
  }
  site.points = &planned_.points.emplace(*plan, machine_, speculation.accepted);
}

}  // namespace perfmodel::cli
