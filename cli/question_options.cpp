#include "cli/question_options.hpp"

#include <CLI/CLI.hpp>

namespace perfmodel::cli {

void add_question_options(CLI::App& command, EstimateArguments& words) {
  auto* c = &command;
  auto* w = &words;
  c->add_option("--llm", w->llm, "model id or alias")->capture_default_str();
  c->add_option("--workload", w->workload, "lengths and promise by name")->capture_default_str();
  c->add_option("--input", w->input, "input tokens");
  c->add_option("--output", w->output, "output tokens");
  c->add_option("--spread", w->spread, "lengths uniform between (1 - spread) and 1 of nominal");
  c->add_option("--prefix-hit", w->prefix_hit, "share of the input found in the prefix cache");
  c->add_option("--slo", w->slo, "promise to keep: ttft=2s,tpot=50ms, or none");
  c->add_option("--weights", w->weights, "storage of the weights; default as released");
  c->add_option("--kv", w->kv, "storage of the KV cache; default as released");
  c->add_option("--compute", w->compute, "matrix type of the narrow weights, without fallback");
  c->add_option("--fallback", w->fallback,
                "for FP8 weights on a chip without FP8: auto, int8 or widen");
  c->add_option("--stack", w->stack, "software profile")->capture_default_str();
  c->add_option("--disaggregate", w->disaggregate,
                "a pool for prefill and one for decode: no, auto (where it is better) or, of one "
                "system, PREFILL:DECODE chips")
      ->capture_default_str();
  add_policy_options(*c, w->policy);
  c->add_option("--set", w->sets, "override a figure: chip.memory.bandwidth=\"4.8 TB/s\"")
      ->allow_extra_args(false);
  c->add_flag("--assume", w->assume, "use the family's value for figures that nobody published");
}

}  // namespace perfmodel::cli
