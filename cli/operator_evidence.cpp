#include "cli/operator_evidence.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

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
  for (auto& row : read_bench_rows(used)) {
    if (cores && row.threads != static_cast<int>(cores->value.base())) {
      ++e.refused[fmt::format("by {} threads, while the chip host is {}", row.threads,
                              cores->value.base())];
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
