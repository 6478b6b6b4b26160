#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "cli/report_sections.hpp"

namespace perfmodel::cli {

FillSection filler_of(std::string_view kind) {
  static constexpr std::array<std::pair<std::string_view, FillSection>, 19> all = {{
      {"throughput", fill_throughput},
      {"interactivity", fill_interactivity},
      {"latency", fill_latency},
      {"breakdown", fill_breakdown},
      {"memory", fill_memory},
      {"power", fill_power},
      {"parity", fill_parity},
      {"parts", fill_parts},
      {"uncertainty", fill_uncertainty},
      {"chip", fill_chip},
      {"roofline", fill_roofline},
      {"memories", fill_memories},
      {"format-speed", fill_format_speed},
      {"format-error", fill_format_error},
      {"format-predictions", fill_format_predictions},
      {"weights", fill_weights},
      {"host-roofline", fill_host_roofline},
      {"host-accuracy", fill_host_accuracy},
      {"accuracy", fill_accuracy},
  }};
  for (const auto& [name, fill] : all)
    if (name == kind) return fill;
  throw std::logic_error("a kind of section that nothing fills: " + std::string(kind));
}

}  // namespace perfmodel::cli
