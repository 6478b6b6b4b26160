// The answer as a section of a report: GitHub's Markdown with pipe tables.
#include <fmt/format.h>

#include <algorithm>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/grid.hpp"
#include "report/markdown_text.hpp"

namespace perfmodel::report {
std::string to_markdown(const EstimateRecord& record, bool explain) {
  const std::string& chip = record.chip_name.empty() ? record.chip : record.chip_name;
  const std::string& llm = record.llm_name.empty() ? record.llm : record.llm_name;
  std::string out = fmt::format("# {} on {}\n\n", escaped(llm), escaped(chip));
  for (const std::string& banner : record.banners) {
    out += fmt::format("> **Note:** {}\n\n", escaped(banner));
  }
  put_list(out, question(record));
  put_list(out, refusal(record));
  put_list(out, setup(record));
  put_list(out, confidence(record));
  put_list(out, evidence(record));
  put_list(out, interval_basis(record));
  put_list(out, economy(record));
  put_list(out, why(record));
  put_section(out, "Performance", metrics(record));
  put_section(out, "Single figures", swings(record));
  put_section(out, "Memory", memory(record));
  put_section(out, "Bottlenecks", bottlenecks(record, record.bottlenecks.size()));
  put_section(out, "Comparison", comparisons(record, Detail::full));
  put_section(out, "Nearest published runs", nearest_runs(record, Detail::full));
  if (!record.assumptions.empty()) {
    out += "\n## Assumptions\n\n";
    for (const std::string& a : record.assumptions) out += fmt::format("- {}\n", escaped(a));
  }
  if (explain) {
    for (const std::string& phase : phases(record)) {
      put_section(out, phase_title(record, phase), operator_times(record, phase));
      out += '\n';
      put_grid(out, operator_work(record, phase));
    }
    put_section(out, "Operators", operator_formulas(record));
  }
  if (explain || record.sources) put_section(out, "Figures", figures_with_sources(record));
  if (!record.version.empty()) out += fmt::format("\nperfmodel {}\n", escaped(record.version));
  return out;
}

}  // namespace perfmodel::report
