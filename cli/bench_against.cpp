#include "cli/bench_against.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/catalog.hpp"
#include "cli/columns.hpp"
#include "cli/comma_list.hpp"
#include "cli/errors.hpp"
#include "cli/module.hpp"
#include "cli/this_machine.hpp"
#include "kernels/bench/benchmarks.hpp"
#include "kernels/bench/duel.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;
using kernels::Duel;
using kernels::PeerLibrary;
using kernels::Shape;

struct Known {
  std::string_view name;
  std::string_view package;
};
constexpr std::array<Known, 3> kKnown = {
    {{"onednn", "libdnnl-dev"}, {"openblas", "libopenblas-dev"}, {"libxsmm", "libxsmm-dev"}}};

const Known& known(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& k : kKnown) {
    if (k.name == name) return k;
    names.push_back(k.name);
  }
  throw UsageError(fmt::format(
      "--against: unknown library '{}' ({})", name,
      spec::nearest_hint(name, names, fmt::format("one of: {}", fmt::join(names, ", ")))));
}

fs::path module_of(const Known& k) {
  if (auto found = find_module(fmt::format("perfmodel_peer_{}", k.name))) return *found;
  throw UsageError(fmt::format(
      "--against: this program was built without {0}; install the package {1}, then cmake --preset "
      "release && cmake --build --preset release",
      k.name, k.package));
}

/// Words of this process, as it was started.
std::vector<std::string> own_words() {
  const auto text = read_file("/proc/self/cmdline").value_or("");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// Libraries read their settings when they are loaded, and the solver behind `calibrate` may have
/// loaded some of them with the program. So the settings are made, and the program begins anew.
/// --threads is for both sides, whatever the environment says; a core that the user chose stays.
void begin_with_settings(int threads) {
  constexpr const char* kDone = "PERFMODEL_AGAINST_SETTINGS";
  if (std::getenv(kDone) != nullptr) return;
  ::setenv(kDone, "1", 1);
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"})
    ::setenv(name, std::to_string(threads).c_str(), 1);
  // OpenBLAS goes by the names of processors and takes those that are newer than itself for older
  // ones; of its kernels with AVX-512 these are the ones that it takes on any vendor's.
  const auto features = kernels::machine_features();
  const char* core = features.has(kernels::Feature::avx512vl) ? "SKYLAKEX"
                     : features.has(kernels::Feature::avx2)   ? "HASWELL"
                                                              : nullptr;
  if (core != nullptr) ::setenv("OPENBLAS_CORETYPE", core, 0);
  auto words = own_words();
  std::vector<char*> pointers;
  for (auto& w : words) pointers.push_back(w.data());
  pointers.push_back(nullptr);
  // Returns only where it cannot: the settings of the libraries that are loaded then stand.
  if (words.size() > 1) ::execv("/proc/self/exe", pointers.data());
}

/// Stays loaded: libraries with threads of their own do not like to be unloaded.
const PeerLibrary& load(const Known& k) {
  const auto path = module_of(k);
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr)
    throw UsageError(
        fmt::format("--against: cannot load {} (package {}): {}", k.name, k.package, ::dlerror()));
  const auto get = reinterpret_cast<const PeerLibrary* (*)()>(::dlsym(module, "perfmodel_peer"));
  if (get == nullptr)
    throw UsageError(fmt::format("--against: '{}' is no module of this program", path.string()));
  return *get();
}

std::vector<Shape> usual_shapes() {
  std::vector<Shape> shapes = {{1, 4096, 4096, 1}, {1, 18432, 7168, 1}};
  for (const std::int64_t m : {8, 32, 128, 512, 2048}) shapes.push_back({m, 4096, 4096, 1});
  return shapes;
}

struct Row {
  std::string library, version;
  Duel duel;
};

void check(const Row& r) {
  const auto where = fmt::format("{} on {}", r.duel.kernel, to_string(r.duel.shape));
  if (!r.duel.problem.empty())
    throw UsageError(fmt::format("--against {}: {}: {}", r.library, where, r.duel.problem));
  if (!(r.duel.difference <= r.duel.bound))
    throw UsageError(
        fmt::format("--against {}: {}: results differ by {:.2g} of the sum of "
                    "magnitudes, more than {:.2g}",
                    r.library, where, r.duel.difference, r.duel.bound));
}

std::vector<std::vector<std::string>> table_rows(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> t = {{"ours", "shape", "tier", "threads", "library", "call",
                                              "our time", "its time", "its over ours", "quartiles",
                                              "difference"}};
  for (const auto& r : rows) {
    const auto& d = r.duel;
    const auto time = [](double s) { return format(Time::from_base(s), 3); };
    t.push_back({d.kernel, to_string(d.shape), std::string(kernels::name_of(d.tier)),
                 fmt::format("{}", d.threads), r.library, d.call, time(d.ours.median),
                 time(d.theirs.median), fmt::format("{:.2f}", d.speedup.median),
                 fmt::format("{:.2f} .. {:.2f}", d.speedup.low, d.speedup.high),
                 fmt::format("{:.1g}", d.difference)});
  }
  return t;
}

std::string to_csv(const std::vector<Row>& rows) {
  std::string s =
      "kernel,shape,tier,threads,rounds,library,version,call,our_time_us,our_time_q1_us,"
      "our_time_q3_us,library_time_us,library_time_q1_us,library_time_q3_us,speedup,speedup_q1,"
      "speedup_q3,difference,bound,cpu,compiler\r\n";
  const auto machine = this_machine();
  for (const auto& r : rows) {
    const auto& d = r.duel;
    s += fmt::format("{},{},{},{},{},{},{},{}", d.kernel, to_string(d.shape),
                     kernels::name_of(d.tier), d.threads, d.rounds, r.library,
                     report::csv_field(r.version), report::csv_field(d.call));
    for (const auto* q : {&d.ours, &d.theirs})
      s += fmt::format(",{:.4g},{:.4g},{:.4g}", q->median * report::kMicro, q->low * report::kMicro,
                       q->high * report::kMicro);
    s += fmt::format(",{:.4g},{:.4g},{:.4g},{:.2g},{:.2g},{},{}\r\n", d.speedup.median,
                     d.speedup.low, d.speedup.high, d.difference, d.bound,
                     report::csv_field(machine.cpu), report::csv_field(machine.compiler));
  }
  return s;
}

}  // namespace

std::string bench_against(const std::string& libraries, const BenchWords& words, int rounds,
                          bool csv) {
  if (words.threads.size() > 1)
    throw UsageError("--against takes one number of --threads, which both sides use");
  const int threads = words.threads.empty() ? 1 : words.threads.front();
  check_choices(words);
  std::vector<const Known*> chosen;
  for (const auto& name : comma_separated(libraries)) chosen.push_back(&known(name));
  for (const auto* k : chosen) static_cast<void>(module_of(*k));
  const auto shapes = words.shapes.empty() ? usual_shapes() : shapes_of(words.shapes);
  const auto wanted = filter_of(words.filter);
  begin_with_settings(threads);
  std::vector<Row> rows;
  std::string lacks;
  for (const auto* k : chosen) {
    const auto& library = load(*k);
    for (const auto& kind : kernels::duel_kinds())
      for (const auto& shape : shapes) {
        const auto name = fmt::format("{}/{}", kernels::name_of(kind, shape), to_string(shape));
        if (!std::regex_search(name, wanted)) continue;
        if (kernels::peer_format(kind, library) == 0) {
          lacks = fmt::format("{} has no product that holds the values of {}", k->name,
                              kernels::name_of(kind, shape));
          continue;
        }
        const auto flops = Ops::from_base(2.0 * static_cast<double>(shape.m) *
                                          static_cast<double>(shape.n * shape.k));
        const int n = rounds > 0 ? rounds : kernels::usual_rounds(flops);
        const auto tier = words.tier.empty() ? kernels::forced_tier_name() : words.tier;
        rows.push_back({std::string(k->name), library.version(),
                        kernels::fight(kind, shape, tier, threads, n, library)});
        check(rows.back());
      }
  }
  if (rows.empty() && !lacks.empty()) throw UsageError("--against: " + lacks);
  if (rows.empty())
    throw UsageError(fmt::format(
        "--filter: no product matches '{}' (they are called like gemv/bf16/bf16/m1n4096k4096)",
        words.filter));
  if (csv) return to_csv(rows);
  return in_columns(table_rows(rows), report::Align::right) +
         "\nits over ours: the library's time over ours, median of the pairs of calls; above 1 "
         "ours "
         "is faster\ndifference: the largest of the two results, over the sum of the magnitudes of "
         "its terms\n";
}

}  // namespace perfmodel::cli
