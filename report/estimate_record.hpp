// The answer of `estimate` as data. Formats are functions over it; nothing here computes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/economy_record.hpp"
#include "units/quantity.hpp"

namespace perfmodel::report {

/// One figure that entered the answer.
struct FigureRow {
  std::string path;   // "chip.memory.bandwidth"
  std::string value;  // formatted, with unit
  std::string range;  // "2.7 TB/s .. 3.2 TB/s", empty if no source disagrees
  // The same as numbers, in `unit`; no unit and 0 for what is not one.
  double number = 0;
  double low = 0;
  double high = 0;
  std::string unit;
  std::string grade;
  std::string source;  // title, several joined by "; "
  std::string url;
  std::string date;
  std::string file;
  int line = 0;
  bool overridden = false;
  bool economy = false;  // power and cost alone rest on it
  std::string note;
  std::string claims;  // "cm384 707.8 TFLOP/s, a800t 706 TFLOP/s": what single sources say
  /// What the answer does as the figure moves, where asked for: d ln(output rate) / d ln(figure)
  /// with the deployment held.
  std::optional<double> elasticity;
  std::string moves;  // "the output rate", ..., "nothing"; all words in cli/record_figures.hpp
};

/// A file that was read, with the checksum of what was in it.
struct FileRow {
  std::string file;  // "configs/chips/h100.yaml"
  std::string sha256;
};

/// What an answer was made with: enough to make it again.
struct Provenance {
  std::string revision;              // of the program's source; "unknown" outside of a repository
  std::vector<std::string> command;  // words after the program's name, defaults written out
  std::vector<FileRow> files;        // by name
};

/// One operator of one phase, all its instances in a pass. Per device.
struct OperatorRow {
  std::string phase;    // "prefill" or "decode"
  std::string name;     // "qkv_a_proj"
  std::string kind;     // "gemm"
  std::string formula;  // what is counted
  double count = 0;     // instances in a pass
  std::string compute;  // "fp8"; empty for messages
  // Work of all instances.
  Ops matrix{};
  Ops vector{};
  Bytes weights{};
  Bytes kv{};
  Bytes activations{};
  std::string message;  // "all_reduce", empty if none
  Bytes message_bytes{};
  // Time of all instances by resource, then together.
  Time t_compute{};
  Time t_vector{};
  Time t_memory{};
  Time t_link{};
  Time t_overhead{};
  Time total{};
  double share = 0;        // of the pass before overlap, 0..1
  double token_share = 0;  // of an output token's time, prefills of others included, before overlap
  std::string bound;       // "compute", "vector", "memory", "link", "overhead"
  Energy energy{};         // of all instances, idle power included; zero where no TDP is known
};

/// What one software profile makes of the deployment.
struct Performance {
  std::string stack;
  Time ttft{};
  Time tpot{};
  Time decode_step{};
  Time prefill{};
  Frequency output_per_chip{};  // output tokens/s, both phases sharing the chips
  Frequency output_system{};
  Frequency input_per_chip{};   // input tokens/s at that output rate
  Frequency decode_per_chip{};  // if the chips only decoded
  Frequency decode_system{};
  Frequency prefill_per_chip{};  // if the chips only prefilled
  Frequency prefill_system{};
};

/// What one figure alone does to the answer, from one end of its range to the other.
struct SwingRow {
  std::string path;
  std::string range;  // formatted; empty where the answer does not list the figure
  std::string grade;
  bool hardware = true;  // else of the software profile or of the architecture's kernels
  // Of the output rate, over the answer's; 0.1 is 10 % more.
  double rate_at_low = 0;
  double rate_at_high = 0;
  // Of the output rate's variance, all of the model's own error included.
  double variance_share = 0;
  std::optional<double> total_share;  // with what it does together with others
};

/// A chip that may be the one at hand, and what the answer would then be.
struct BinRow {
  std::string chip;
  double share = 0;               // of the samples
  Frequency p10{}, p50{}, p90{};  // output tokens/s per chip
};

/// Memory of the fullest device.
struct MemoryRow {
  Bytes capacity{};
  Bytes reserve{};
  Bytes weights{};
  Bytes cache{};
  Bytes activations{};
  Bytes free{};
  double largest_batch = 0;  // sequences per attention rank that would fit
};

/// Another system under the same workload, in one line.
struct ComparisonRow {
  std::string role;  // "alternative" (same vendor's other chips) or "reference"
  std::string chip;
  std::string system;
  std::string status;
  int chips = 0;
  std::string deployment;
  double concurrency = 0;
  Time ttft{};
  Time tpot{};
  Frequency output_per_chip{};
  Frequency output_system{};
  Frequency decode_per_chip{};
  Frequency prefill_per_chip{};
  std::string weights;
  std::string weakest_grade;
  std::string infeasible;  // reason; the numbers above are then meaningless and not shown
};

/// Errors of the software profile on measured numbers of one kind, |predicted / measured - 1|.
struct ResidualRow {
  std::string kind;      // "tpot"
  std::string left_out;  // "in_sample", or "left_out_chip": predicted by a fit without their chip
  long rows = 0;
  double median = 0;
  double p90 = 0;
  double bias = 1;  // geometric mean of predicted / measured
};

/// One measured number of a published run beside what the model says of it, in the metric's unit.
struct MeasuredRow {
  std::string metric;  // "tpot_ms"
  std::string statistic;
  double measured = 0;
  double predicted = 0;
};

/// A published run like the deployment of the answer.
struct NearRun {
  std::string id, source, url, date;
  std::string chip, llm, stack, profile, mode;
  std::string weights;
  std::string parallelism;  // of an engine, of the decoding pool where there are two
  double chips = 0;
  double input = 0, output = 0;
  double concurrency = 0;            // sequences in flight; 0: not published
  double distance = 0;               // see docs/accuracy.md
  std::vector<MeasuredRow> metrics;  // that most shown first
};

/// The pool that prefills, where it is not the one that decodes.
struct PrefillPoolRow {
  std::string chip, system;
  std::string parallelism;
  int engines = 1;
  int engine_devices = 1;
  int devices_per_chip = 1;
  int chips_used = 0;
  double together = 1;     // requests of one pass and rank
  double utilisation = 0;  // share of the time that it computes
  Time pass{};
  Time transfer{};      // of the caches of one pass, to the decode pool
  Bytes transferred{};  // of one request
};

struct EstimateRecord {
  std::vector<std::string> banners;  // status warnings, shown before anything else

  // Asked.
  std::string chip, chip_name, chip_status;
  std::string system, system_name;
  std::string llm, llm_name;
  std::string attention;        // "MLA"
  double parameters_total = 0;  // counted
  double parameters_active = 0;
  std::string workload;  // id, or "custom"
  double input = 0, output = 0, spread = 0, prefix_hit = 0;
  std::optional<Time> slo_ttft, slo_tpot;
  std::vector<std::string> overrides;  // "chip.memory.bandwidth = 4.8 TB/s (was 3.2 TB/s)"

  // Chosen or given.
  int systems = 1;
  int chips = 0;  // of the whole system
  int chips_used = 0;
  int devices_per_chip = 1;
  std::string parallelism;  // "tp=1 dp=32 ep=32", of one engine
  int tp = 1, pp = 1, dp = 1, ep = 1, moe_tp = 1, cp = 1;
  int engine_devices = 1;
  int engines = 1;
  bool searched = false;
  std::size_t candidates = 0;  // deployments looked at
  std::string limit;       // what stopped the batch from growing: "TPOT", "TTFT", "memory", "asked"
  double batch = 0;        // sequences per attention rank
  double concurrency = 0;  // whole system
  std::string weights_format;  // "fp8-block (experts), bf16 (embedding)"
  std::string kv_format;
  std::string compute;  // "int8, bf16 attention core"
  std::vector<std::string> fallbacks;
  std::string objective;                  // what the search made the most of: "output"
  std::optional<PrefillPoolRow> prefill;  // then the fields above are of the decode pool
  std::optional<Frequency> rate;          // requests that arrive, if given
  Time queue{};                           // at that rate, within TTFT
  int draft_tokens = 0;
  double accepted = 0;

  // Answer.
  Performance expected;
  Performance ceiling;
  /// One number in ten falls below p10, one in ten above p90, of each number by itself; only with
  /// samples.
  std::size_t samples = 0;
  Performance p10, p50, p90;
  double fits = 1;               // share of the samples in which the batch has room
  double keeps = 1;              // share of the samples that keep the promise
  std::string interval_basis;    // what the intervals rest on
  std::vector<BinRow> bins;      // the answer's own chip first; empty where there is no other
  std::vector<SwingRow> swings;  // widest first; only where asked for
  std::string why;               // what limits, what is unknown, what to learn next; as `swings`
  MemoryRow memory;
  PowerRow power;
  CostRow cost;
  std::vector<OperatorRow> operators;  // all, prefill then decode, in order of execution
  std::vector<std::size_t>
      bottlenecks;  // indices into operators, worst first, both phases weighted as in steady state
  std::string weakest_grade;  // of hardware figures
  std::string weakest_path;
  std::string weakest_stack_grade;
  std::string weakest_stack_path;
  std::vector<std::string> assumptions;
  std::vector<FigureRow> figures;  // set ones first, then by grade from the weakest
  bool sources = false;            // the figures are asked for
  std::vector<ComparisonRow> comparisons;

  // How far to trust it.
  std::vector<ResidualRow> residual;  // of the profile as it is in its file
  bool profile_changed = false;       // by an override: the residuals are of another profile
  std::vector<NearRun> nearest_runs;  // nearest first
  std::string nearest_note;           // what nobody measured; empty where the very thing was

  // Instead of an answer.
  std::string infeasible;  // reason with the shortfall
  std::string nearest;     // the nearest feasible thing

  std::string version;
  Provenance provenance;
};

}  // namespace perfmodel::report
