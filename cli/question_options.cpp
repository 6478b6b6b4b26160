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
  c->add_option("--memory", w->memory, "what if: the chip's memory is KIND:STACKS, as hbm3e:8");
  c->add_option("--memory-bandwidth", w->memory_bandwidth,
                "what if: bandwidth alone, as 1.5x or \"4.8 TB/s\"");
  c->add_option("--link-scale", w->link_scale, "what if: factor on all links, as 2");
  c->add_option("--dies", w->dies, "what if: dies of a package, all that is on one scaled along");
  c->add_option("--clock", w->clock, "what if: clock of the chip, as 1.2x or \"2 GHz\"");
  c->add_option("--native", w->native,
                "what if: matrix units multiply FP8 (int8, fp6, fp4) too, several by ':'");
  c->add_option("--set", w->sets, "override a figure: chip.memory.bandwidth=\"4.8 TB/s\"")
      ->allow_extra_args(false);
  c->add_flag("--assume", w->assume, "use the family's value for figures that nobody published");
}

}  // namespace perfmodel::cli
