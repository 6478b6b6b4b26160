// What-ifs on the page: the terms of each system's engine (serving/terms.hpp), and what the program
// itself answers for some inputs, which the page's tests compare with.
#include <fmt/format.h>

#include "cli/report_gather.hpp"
#include "report/comparison_content.hpp"
#include "report/json_parts.hpp"
#include "serving/terms.hpp"

namespace perfmodel::cli {
namespace {

using report::array_of;
using report::Json;

constexpr double kDefaultTpot = 50;  // ms, where the report promises none
constexpr double kSlowest = 5, kFastest = 200;

/// Multipliers on hardware, and the promise in ms.
struct Inputs {
  double bandwidth = 1, peak = 1, link = 1, capacity = 1, tpot = kDefaultTpot;
};

Json routing_json(const std::optional<serving::TermRouting>& r) {
  if (!r) return nullptr;
  return {{"load", r->load},
          {"tokens", r->tokens},
          {"local", r->local},
          {"log_miss", r->log_miss},
          {"ranks", r->ranks}};
}

Json term_json(const serving::PlainTerm& t) {
  return {{"stream", t.stream},       {"count", t.count},
          {"share", t.of_peak.share}, {"efficiency", t.of_peak.efficiency},
          {"compute", t.compute},     {"vector", t.vector},
          {"memory", t.memory},       {"touched", t.touched},
          {"by_byte", t.by_byte}};
}

Json term_json(const serving::ProductTerm& t) {
  return {{"stream", t.stream},
          {"count", t.count},
          {"share", t.of_peak.share},
          {"efficiency", t.of_peak.efficiency},
          {"compute", t.compute},
          {"rows", t.rows},
          {"groups", t.groups},
          {"tile", t.tile},
          {"by_tall", t.by_tall},
          {"columns", t.columns},
          {"cores", t.cores},
          {"split", t.split},
          {"wave_share", t.wave_share},
          {"weights", t.weights},
          {"touched", t.touched},
          {"by_byte", t.by_byte},
          {"by_byte_single", t.by_byte_single},
          {"converted", t.converted},
          {"by_byte_converted", t.by_byte_converted},
          {"routing", routing_json(t.routing)}};
}

Json term_json(const serving::LinesTerm& t) {
  const auto line = [](const auto& l) { return Json::array({l.at_zero, l.slope}); };
  return {{"stream", t.stream}, {"rows", t.rows}, {"lines", array_of(t.lines, line)}};
}

Json term_json(const serving::ExchangeTerm& t) {
  return {{"stream", t.stream}, {"seconds", t.seconds}, {"routing", routing_json(t.routing)}};
}

template <class Term>
Json terms_json(const std::vector<Term>& all) {
  return array_of(all, [](const Term& t) { return term_json(t); });
}

Json pass_json(const serving::PassTerms& p) {
  return {{"layers_s", p.layers},         {"constant_s", p.constant},
          {"plain", terms_json(p.plain)}, {"products", terms_json(p.products)},
          {"lines", terms_json(p.lines)}, {"exchange", terms_json(p.exchange)}};
}

Json engine_json(const serving::EngineTerms& t, const Contender& c, const search::Deployment& d) {
  return {{"chips", c.setup.all_chips()},
          {"engines", d.engines},
          {"dp", t.dp},
          {"pp", t.pp},
          {"yield", t.yield},
          {"input", t.input},
          {"output", t.output},
          {"ttft_limit_s", report::base(c.question.request.slo.ttft)},
          {"interference", t.interference},
          {"request_s", t.request},
          {"sharpness", t.sharpness},
          {"spill_bytes", t.spill},
          {"imbalance", t.imbalance},
          {"best_share", t.best_share},
          {"shares_fall", t.shares_fall},
          {"overlap_shared", t.overlap_shared},
          {"overlap_exchange", t.overlap_exchange},
          {"stage_excess", t.stage_excess},
          {"step_s", t.step},
          {"sequence_s", t.sequence},
          {"memory",
           {{"capacity_bytes", t.capacity},
            {"use", t.use},
            {"weights_bytes", t.weights},
            {"sequence_bytes", t.by_sequence},
            {"row_bytes", t.by_row},
            {"prefill_rows", t.prefill_rows},
            {"rows_per_sequence", t.rows_per_sequence},
            {"logit_bytes", t.by_logit_row}}},
          {"full", t.full},
          {"prefill_passes", t.prefill_passes},
          {"prefill", pass_json(t.prefill)},
          {"decode", pass_json(t.decode)}};
}

template <class Q>
void scale(hw::Figure<Q>& f, double by) {
  if (!f) return;
  f->value *= by;
  f->low *= by;
  f->high *= by;
}

/// The setup with the figures that the inputs are about multiplied, as `--set` would.
Setup with_inputs(const Setup& setup, const Inputs& in) {
  auto s = setup;
  scale(s.chip.memory_bandwidth, in.bandwidth);
  scale(s.chip.memory_capacity, in.capacity);
  for (auto& peak : s.chip.matrix) scale(peak, in.peak);
  scale(s.chip.vector_fp16, in.peak);
  scale(s.chip.vector_fp32, in.peak);
  for (auto& tier : s.system.tiers) scale(tier.bandwidth, in.link);
  if (s.system.scale_out) scale(s.system.scale_out->bandwidth, in.link);
  return s;
}

Json answer_json(const Contender& c, const search::Deployment& kept, const Inputs& in) {
  const auto setup = with_inputs(c.setup, in);
  auto request = c.question.request;
  request.parallelism = kept.plan.parallelism;
  request.slo.tpot = Time::from_base(in.tpot / report::kMilli);
  const auto found = solve(setup, c.question, c.question.precision, request);
  if (!found) return {{"infeasible", found.error().reason}};
  const double rate = found->output_rate().base() / setup.all_chips();
  return {{"batch", found->batch},
          {"output_per_chip", rate},
          {"tpot_ms", found->steady.tpot.base() * report::kMilli},
          {"ttft_ms", found->steady.ttft.base() * report::kMilli}};
}

/// Each input by itself at both ends, and some together.
std::vector<Inputs> check_inputs(double tpot) {
  return {{1, 1, 1, 1, tpot},    {0.25, 1, 1, 1, tpot},    {4, 1, 1, 1, tpot},
          {1, 0.25, 1, 1, tpot}, {1, 4, 1, 1, tpot},       {1, 1, 0.25, 1, tpot},
          {1, 1, 4, 1, tpot},    {1, 1, 1, 0.25, tpot},    {1, 1, 1, 4, tpot},
          {1, 1, 1, 1, 20},      {1, 1, 1, 1, 100},        {1, 1, 1, 1, 200},
          {2, 2, 2, 2, 30},      {1.5, 0.7, 1.2, 1.1, 75}, {0.5, 0.5, 0.5, 0.5, 150}};
}

Json inputs_json(const Inputs& in) {
  return {{"bandwidth", in.bandwidth},
          {"peak", in.peak},
          {"link", in.link},
          {"capacity", in.capacity},
          {"tpot", in.tpot}};
}

Json slider(const char* id, const char* label, double low, double high, double value,
            const char* unit) {
  return {{"id", id},       {"label", label}, {"min", low},  {"max", high},
          {"value", value}, {"scale", "log"}, {"unit", unit}};
}

}  // namespace

std::string what_if_json(ReportGatherer& g, const std::string& title,
                         const std::vector<std::string>& text, const ReportComparison& comparison) {
  const auto& r = comparison.result;
  const auto& promised = r.contenders.front().question.request.slo.tpot;
  const double tpot = promised ? promised->base() * report::kMilli : kDefaultTpot;
  constexpr double most = 4;
  Json j = {{"title", title},
            {"text", text},
            {"inputs",
             {slider("bandwidth", "memory bandwidth", 1 / most, most, 1, "x"),
              slider("peak", "peak of matrix and vector units", 1 / most, most, 1, "x"),
              slider("link", "bandwidth of the links", 1 / most, most, 1, "x"),
              slider("capacity", "memory capacity", 1 / most, most, 1, "x"),
              slider("tpot", "TPOT limit", kSlowest, kFastest, tpot, "ms")}},
            {"systems", Json::array()},
            {"checks", Json::array()}};
  std::vector<bool> there;
  for (std::size_t i = 0; i < r.contenders.size(); ++i) {
    const auto& c = r.contenders[i];
    const auto& answer = r.record.systems[i].answer;
    Json system = {{"id", g.id_of(i)}, {"name", answer.system_name}};
    std::optional<serving::EngineTerms> terms;
    std::string why = r.found[i] ? "its operators are priced one by one" : answer.infeasible;
    if (r.found[i] && !r.found[i]->prefill) {
      const auto& curves = c.setup.family.kernels;
      const bool fall = curves.core_rate && hw::core_rate(c.setup.chip);
      terms = serving::engine_terms(r.found[i]->plan, c.setup.machine(c.question.stack),
                                    c.question.workload, r.found[i]->accepted, fall);
    }
    there.push_back(terms.has_value());
    if (terms) {
      system["deployment"] =
          fmt::format("{}, weights {}", report::engines_text(answer), answer.weights_format);
      system["terms"] = engine_json(*terms, c, *r.found[i]);
    } else {
      system["unavailable"] = why;
    }
    j["systems"].push_back(std::move(system));
  }
  for (const auto& in : check_inputs(tpot)) {
    Json expected = Json::object();
    for (std::size_t i = 0; i < r.contenders.size(); ++i)
      if (there[i]) expected[g.id_of(i)] = answer_json(r.contenders[i], *r.found[i], in);
    j["checks"].push_back({{"inputs", inputs_json(in)}, {"expected", std::move(expected)}});
  }
  return j.dump();
}

}  // namespace perfmodel::cli
