#include "kernels/bench/benchmarks.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <benchmark/benchmark.h>

namespace perfmodel::kernels {

namespace {

/// The reference sums in FP64, one product after the other: beyond this it would take minutes.
constexpr double kLargestReferenceFlops = 3e8;

constexpr std::int64_t kLargestSize = std::int64_t{1} << 32;

double median_of(std::vector<double> values) {
  return quartiles_of(std::move(values)).median;
}

/// A kernel that has no tier, or that refuses the shape, is skipped with the reason.
Result run(benchmark::State& state, const Planned& p, Session& session) {
  const auto refused = [&](const std::string& problem) {
    state.SkipWithError(problem.c_str());
    Result r;
    r.what = p;
    r.problem = problem;
    return r;
  };
  if (!p.choice.tier) return refused(p.choice.problem);
  std::optional<Measurement> m;
  try {
    m.emplace(session, p);
  } catch (const std::invalid_argument& e) {
    return refused(e.what());
  }
  for (auto _ : state) state.SetIterationTime(m->round());
  const Result r = m->result();
  const double time = r.seconds.median;
  state.counters["GB_per_s"] = r.cost.memory.base() / time * 1e-9;
  state.counters["GFLOP_per_s"] = r.cost.flops.base() / time * 1e-9;
  state.counters["fraction_of_read"] = r.of_read;
  state.counters["fraction_of_copy"] = r.of_copy;
  state.counters["fraction_of_flops"] = r.of_flops;
  state.counters["fraction_of_roof"] = r.of_roof;
  state.counters["canary_spread"] = r.canary.high / r.canary.low - 1.0;
  if (r.error) state.counters["error"] = *r.error;
  return r;
}

}  // namespace

std::string Planned::name() const {
  return kernel->name + "/" + to_string(shape) + "/" +
         std::string(choice.tier ? name_of(*choice.tier) : "none") + "/t" + std::to_string(threads);
}

std::optional<Shape> parse_shape(std::string_view text, std::int64_t least) {
  Shape s;
  struct Size {
    char letter;
    std::int64_t* at;
    bool given = false;
  };
  Size sizes[] = {{'m', &s.m}, {'n', &s.n}, {'k', &s.k}, {'g', &s.groups}};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto size = std::find_if(std::begin(sizes), std::end(sizes),
                                   [&](const Size& x) { return x.letter == text[0]; });
    if (size == std::end(sizes) || size->given) return std::nullopt;
    size->given = true;
    const auto [end, error] =
        std::from_chars(text.data() + 1, text.data() + text.size(), *size->at);
    if (error != std::errc() || *size->at < least || *size->at > kLargestSize) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return s;
}

std::vector<Planned> plan_benchmarks(std::string_view forced_tier, const std::vector<int>& threads,
                                     const std::vector<Shape>& shapes) {
  std::vector<Planned> all;
  for (const Descriptor& d : descriptors()) {
    const TierChoice choice = choose_tier(d.tiers, forced_tier);
    for (const Shape& s : shapes.empty() ? d.benchmark_shapes : shapes) {
      for (const int t : threads) all.push_back({&d, s, choice, t});
    }
  }
  return all;
}

std::vector<int> usual_threads() {
  std::vector<int> threads{1};
  if (available_threads() > 1) threads.push_back(available_threads());
  return threads;
}

int usual_rounds(Ops flops) {
  return flops.base() > 1e10 ? 11 : 41;
}

Team& Session::team(int threads) {
  auto& team = teams_[threads];
  if (!team) team = std::make_unique<Team>(threads);
  return *team;
}

Roofs& Session::roofs(Tier tier, int threads) {
  auto& roofs = roofs_[{tier, threads}];
  if (!roofs) roofs = std::make_unique<Roofs>(tier, team(threads));
  return *roofs;
}

NoiseCanary& Session::canary(int threads) {
  auto& canary = canaries_[threads];
  if (!canary) canary = std::make_unique<NoiseCanary>(team(threads));
  return *canary;
}

Measurement::Measurement(Session& session, Planned what)
    : what_(std::move(what)),
      team_(session.team(what_.threads)),
      roofs_(session.roofs(*what_.choice.tier, what_.threads)),
      canary_(session.canary(what_.threads)),
      case_(what_.kernel->make(what_.shape, Purpose::benchmark)),
      cost_(what_.kernel->cost(what_.shape)) {
  case_->run({*what_.choice.tier, team_});  // packs weights, touches memory
}

double Measurement::round() {
  const double flops = cost_.flops.base(), bytes = cost_.memory.base();
  canary_.sample();
  const RoofSample roof = roofs_.sample();
  const double t = seconds_of(team_, [&] { case_->run({*what_.choice.tier, team_}); });
  times_.push_back(t);
  read_.push_back(roof.read);
  copy_.push_back(roof.copy);
  flops_.push_back(roof.flops);
  of_read_.push_back(bytes / t / roof.read);
  of_copy_.push_back(bytes / t / roof.copy);
  of_flops_.push_back(flops / t / roof.flops);
  of_roof_.push_back(std::max(bytes / roof.read, flops / roof.flops) / t);
  return t;
}

Result Measurement::result() {
  Result r;
  r.what = what_;
  r.rounds = static_cast<int>(times_.size());
  r.seconds = quartiles_of(times_);
  r.cost = cost_;
  r.roof = {median_of(read_), median_of(copy_), median_of(flops_)};
  r.of_read = median_of(of_read_);
  r.of_copy = median_of(of_copy_);
  r.of_flops = median_of(of_flops_);
  r.of_roof = median_of(of_roof_);
  if (cost_.flops.base() <= kLargestReferenceFlops) r.error = case_->error();
  r.clock = chain_clock();
  r.canary = canary_.take();
  return r;
}

void register_benchmarks(const std::vector<Planned>& all, int rounds, Session& session,
                         std::vector<Result>* sink) {
  for (const Planned& p : all) {
    benchmark::RegisterBenchmark(p.name().c_str(),
                                 [p, sink, &session](benchmark::State& state) {
                                   const Result r = run(state, p, session);
                                   if (sink != nullptr) sink->push_back(r);
                                 })
        ->UseManualTime()
        ->Iterations(rounds > 0 ? rounds : usual_rounds(p.kernel->cost(p.shape).flops));
  }
}

}  // namespace perfmodel::kernels
