#include "cli/operator_evidence.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibrate/operator_timing.hpp"
#include "cli/errors.hpp"
#include "cli/host_operators.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::string_view kHost = "host";

/// The files of a folder but for those that are of another kind.
std::vector<std::string> files_in(const Catalog& catalog, std::string_view folder,
                                  const std::set<std::string>& others) {
  auto paths = csv_files(results_folder(catalog) / folder);
  std::erase_if(paths, [&](const auto& p) { return others.contains(p.filename().string()); });
  return {paths.begin(), paths.end()};
}

/// The name of a measured chip begins with its processor.
void warn_of_others(const std::vector<BenchRow>& rows, const hw::Chip& chip) {
  std::map<std::string, std::size_t> others;
  for (const auto& row : rows)
    if (!row.cpu.empty() && !chip.name.starts_with(row.cpu)) ++others[row.cpu];
  for (const auto& [cpu, n] : others)
    std::fprintf(stderr,
                 "perfmodel: warning: %zu row%s measured on '%s', while the chip host is '%s'\n", n,
                 n == 1 ? " was" : "s were", cpu.c_str(), chip.name.c_str());
}

void express(OperatorEvidence& e, CatalogLibrary& library) {
  for (const auto& t : e.rows) {
    const auto site = library.site(t.chip, 1);
    if (!site) throw UsageError(fmt::format("{}:{}: {}", t.file, t.line, site.error().reason));
    auto p = calibrate::express_operator(t, **site);
    if (p)
      e.points.push_back(std::move(*p));
    else
      ++e.refused[p.error().reason];
  }
}

}  // namespace

std::string OperatorEvidence::refusals() const {
  std::vector<std::string> all;
  for (const auto& [reason, n] : refused)
    all.push_back(fmt::format("{} row{}: {}", n, n == 1 ? "" : "s", reason));
  return all.empty() ? "" : fmt::format(" ({})", fmt::join(all, "; "));
}

bool is_step(const BenchRow& row) {
  return row.kernel->family == "transformer";
}

std::vector<const calibrate::OperatorPoint*> OperatorEvidence::all() const {
  std::vector<const calibrate::OperatorPoint*> v;
  for (const auto& p : points) v.push_back(&p);
  return v;
}

calibrate::CurveFitOptions OperatorEvidence::options() const {
  calibrate::CurveFitOptions o;
  if (!host) return o;
  o.aside = 1e9;
  o.table_sigma = 0.3;
  o.widen = true;
  return o;
}

OperatorEvidence operator_evidence(const Catalog& catalog, CatalogLibrary& library,
                                   const std::vector<std::string>& files) {
  OperatorEvidence e;
  e.rows = load_rows(files.empty() ? files_in(catalog, "operators", {"sources.csv"}) : files,
                     calibrate::read_operator_timings);
  express(e, library);
  return e;
}

OperatorEvidence host_evidence(const Catalog& catalog, CatalogLibrary& library,
                               const std::vector<std::string>& files) {
  // Other questions' files; that of two threads has kernels of the other files again.
  const std::set<std::string> others = {"roofs.csv", "against.csv", "two_threads.csv"};
  const auto used = files.empty() ? files_in(catalog, "host", others) : files;
  if (used.empty())
    throw UsageError("no measured kernels beside the configs; write some with perfmodel bench -o");
  OperatorEvidence e;
  e.host = true;
  const auto site = library.site(std::string(kHost), 1);
  if (!site) throw UsageError(site.error().reason);
  const auto& cores = (*site)->chip.cores;
  auto rows = read_bench_rows(used);
  warn_of_others(rows, (*site)->chip);
  for (auto& row : rows) {
    if (cores && row.threads != static_cast<int>(cores->value.base())) {
      ++e.refused[fmt::format("by {} thread{}, while the chip host is of {}", row.threads,
                              row.threads == 1 ? "" : "s", cores->value.base())];
      continue;
    }
    if (is_step(row)) {
      e.steps.push_back(std::move(row));
      continue;
    }
    auto t = host_timing(row, kHost);
    if (!t) {
      ++e.refused[t.error().reason];
      e.others.push_back(std::move(row));
      continue;
    }
    e.rows.push_back(std::move(*t));
    e.measured.push_back(std::move(row));
  }
  express(e, library);
  return e;
}

}  // namespace perfmodel::cli
