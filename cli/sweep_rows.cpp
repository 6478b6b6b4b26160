#include "cli/sweep_rows.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "report/format.hpp"
#include "sweep/columns.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using sweep::Axis;
using sweep::Point;
using sweep::Verdict;

constexpr std::string_view kNoMemory = "does not fit into the memory of a device";

/// No float is longer.
constexpr std::size_t kLongest = 32;

/// The end of what is written to `at`, where there is room for the longest number.
char* put(char* at, double value) {
  if (!std::isfinite(value)) return at;
  return std::to_chars(at, at + kLongest, static_cast<float>(value)).ptr;
}

void append(std::string& out, double value) {
  std::array<char, kLongest> text;  // NOLINT(*-member-init): written before it is read
  out.append(text.data(), put(text.data(), value));
}

void append_whole(std::string& out, double value) {
  std::array<char, 32> text;  // NOLINT(*-member-init): written before it is read
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<long>(value)).ptr;
  out.append(text.data(), end);
}

}  // namespace

std::string sweep_header(const sweep::Sweep& s) {
  std::vector<std::string> names(sweep::kKeyColumns.begin(), sweep::kKeyColumns.end());
  names.insert(names.end(), sweep::kAnswerColumns.begin(), sweep::kAnswerColumns.end());
  for (const auto m : s.columns) names.emplace_back(sweep::metrics()[m].name);
  if (s.samples > 0) {
    // As estimate has them.
    names.emplace_back("interval_samples");
    for (const auto& c : uncertain_columns(s))
      for (const auto* part : {"p10", "p50", "p90"})
        names.push_back(fmt::format("{}_{}", sweep::metrics()[c.metric].name, part));
    names.insert(names.end(), {"slo_kept_share", "batch_fits_share", "interval_basis"});
  }
  return report::csv_record(names);
}

RowWriter::RowWriter(const sweep::Sweep& s) : sweep_(s), uncertain_(uncertain_columns(s)) {
  const auto over = [](std::string_view name, const std::optional<Time>& limit) {
    return limit ? fmt::format("{} over {}", name, format(*limit)) : std::string();
  };
  missed_ttft_ = over("TTFT", s.slo.ttft);
  missed_tpot_ = over("TPOT", s.slo.tpot);
  missed_both_ = fmt::format("{} and {}", missed_ttft_, missed_tpot_);
}

void RowWriter::begin_plan(const PlannedSite& planned) {
  planned_ = &planned;
  const auto& site = planned.site;
  machine_ = fmt::format(",{},{}", site.chips, site.engines);
  too_long_ = fmt::format("longer than the {} tokens that the model holds", site.max_context);
  infeasible_ = planned.why ? report::csv_field(planned.why->reason) : "";
}

void RowWriter::begin_lengths(const sweep::Place& place) {
  prefix_ = planned_->keys;
  append_whole(prefix_, sweep_.inputs[place.at(Axis::input)]);
  prefix_ += ',';
  append_whole(prefix_, sweep_.outputs[place.at(Axis::output)]);
  prefix_ += ',' + report::csv_number(sweep_.spread) + ',' +
             report::csv_number(sweep_.prefix_hits[place.at(Axis::prefix_hit)]) + ',';
}

void RowWriter::write(const Point& p, const RowInterval* interval, std::string& out) {
  out += prefix_;
  append_whole(out, p.batch);
  out += ',';
  out += name_of(p.verdict);
  out += ',';
  if (p.verdict == Verdict::slo_missed) {
    const bool ttft = sweep_.slo.ttft && p.ttft > *sweep_.slo.ttft;
    const bool tpot = sweep_.slo.tpot && p.tpot > *sweep_.slo.tpot;
    out += ttft && tpot ? missed_both_ : ttft ? missed_ttft_ : missed_tpot_;
  } else if (planned_->why) {
    out += infeasible_;
  } else if (p.verdict == Verdict::out_of_memory) {
    out += kNoMemory;
  } else if (p.verdict == Verdict::too_long) {
    out += too_long_;
  }
  out += machine_;
  const auto metrics = sweep::metrics();
  // Put together in one piece: a row is mostly numbers.
  numbers_.resize(sweep_.columns.size() * (kLongest + 1));
  char* at = numbers_.data();
  for (const auto m : sweep_.columns) {
    *at++ = ',';
    if (metrics[m].known(p.verdict)) at = put(at, metrics[m].value(p, planned_->site));
  }
  out.append(numbers_.data(), at);
  if (sweep_.samples > 0) write_interval(p, interval, out);
  out += "\r\n";
}

void RowWriter::write_interval(const Point& p, const RowInterval* interval, std::string& out) {
  if (interval == nullptr) {
    constexpr std::size_t kBeside = 4;  // samples, basis and two shares
    out.append(kBeside + 3 * uncertain_.size(), ',');
    return;
  }
  out += ',';
  append_whole(out, static_cast<double>(sweep_.samples));
  for (const auto& c : uncertain_) {
    const double value = sweep::metrics()[c.metric].value(p, planned_->site);
    const auto f = c.factors(interval->point);
    for (const double factor : {f.p10, f.p50, f.p90}) {
      out += ',';
      append(out, value * factor);
    }
  }
  for (const double share : {interval->point.keeps, interval->point.fits}) {
    out += ',';
    append(out, share);
  }
  out += ',';
  out += report::csv_field(interval->basis);
}

}  // namespace perfmodel::cli
