// The deployment in words: who computes what, how many requests at a time, in which formats.
#include <fmt/format.h>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

/// "6 engines of 32 devices", or of chips where a device is a chip.
std::string engines_text(int engines, int engine_devices, int devices_per_chip) {
  return fmt::format("{} of {}", counted(engines, "engine"),
                     counted(engine_devices, devices_per_chip == 1 ? "chip" : "device"));
}

std::string aim_text(const EstimateRecord& r) {
  if (r.rate || r.objective == "tpot") return "least TPOT";
  if (r.objective == "per-chip") return "most output tokens/s per chip in use";
  if (r.objective == "per-watt") return "most output tokens/s per watt";
  if (r.objective == "per-cost") return "most output tokens/s per price";
  return "most output tokens/s";
}

std::string prefill_text(const EstimateRecord& r) {
  if (!r.prefill) return "";
  const auto& p = *r.prefill;
  std::string text = fmt::format("{}, {}; {}", p.parallelism,
                                 engines_text(p.engines, p.engine_devices, p.devices_per_chip),
                                 counted(p.chips_used, "chip"));
  if (p.system != r.system) text += " of " + p.system;
  return text + fmt::format("; {} together, {} busy; {} of cache per request, moved in {}",
                            counted(p.together, "request"), percent(p.utilisation),
                            bytes_text(p.transferred), time_text(p.transfer));
}

std::string load_text(const EstimateRecord& r) {
  if (!r.rate) return "";
  return fmt::format("{} requests/s arrive; {} of the TTFT is waiting", number(r.rate->base()),
                     time_text(r.queue));
}

std::string limit_text(const EstimateRecord& r) {
  if (r.limit.empty()) return "";
  return r.limit == "asked" ? ", batch as asked" : ", limited by " + r.limit;
}

std::string deployment_text(const EstimateRecord& r) {
  if (!has_deployment(r)) return "";
  std::string text = fmt::format("{}{}, {}", r.prefill ? "decode " : "", r.parallelism,
                                 engines_text(r.engines, r.engine_devices, r.devices_per_chip));
  if (r.chips_used > 0) {
    text += fmt::format("; {} of {} used{}", whole(r.chips_used), counted(r.chips, "chip"),
                        r.prefill ? " in all" : "");
    if (r.devices_per_chip > 1) text += fmt::format(" ({} devices per chip)", r.devices_per_chip);
  }
  if (r.batch > 0) text += fmt::format("; batch {} per rank", whole(r.batch));
  if (r.concurrency > 0) text += fmt::format(", {} in flight", counted(r.concurrency, "request"));
  if (!is_feasible(r)) return text;
  if (r.searched) {
    text += fmt::format("; chosen from {} for {}",
                        counted(static_cast<double>(r.candidates), "deployment"), aim_text(r));
  } else {
    text += "; as asked";
  }
  return text + limit_text(r);
}

std::string formats_text(const EstimateRecord& r) {
  std::vector<std::string> parts;
  if (!r.weights_format.empty()) parts.push_back("weights " + r.weights_format);
  if (!r.kv_format.empty()) parts.push_back("KV cache " + r.kv_format);
  if (!r.compute.empty()) parts.push_back("compute " + r.compute);
  return joined(parts);
}

std::string software_text(const EstimateRecord& r) {
  std::vector<std::string> parts;
  if (is_feasible(r) && !r.expected.stack.empty()) {
    const std::string& limit = r.ceiling.stack;
    const bool physical = limit.empty() || limit == "ceiling";
    parts.push_back(fmt::format("{} expected, ceiling {}", r.expected.stack,
                                physical ? "without software losses" : "with " + limit));
  }
  if (r.draft_tokens > 0) {
    parts.push_back(
        fmt::format("{}, {} accepted", counted(r.draft_tokens, "draft token"), number(r.accepted)));
  }
  return joined(parts);
}

}  // namespace

std::vector<Statement> setup(const EstimateRecord& record) {
  std::vector<Statement> out;
  add(out, is_feasible(record) ? "deployment" : "tried", deployment_text(record));
  add(out, "prefill", prefill_text(record));
  add(out, "load", load_text(record));
  add(out, "formats", formats_text(record));
  add(out, "fallback", joined(record.fallbacks));
  add(out, "software", software_text(record));
  return out;
}

}  // namespace perfmodel::report
