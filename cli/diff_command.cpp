#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "cli/comma_list.hpp"
#include "cli/commands.hpp"
#include "cli/diff_report.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

struct Words {
  std::string before, now;
  std::vector<std::string> key, ignore, tolerance;
  std::string gate = "change";
  double alpha = 0.05;
  std::string format = "table";
  std::string out;
};

/// The bytes of a file or a pipe, as in `diff <(a) <(b)`.
std::string read_all(const std::string& path) {
  const auto fail = [&](int error) {
    throw UsageError(
        fmt::format("cannot read '{}': {}", path, std::generic_category().message(error)));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(errno);
  struct stat status {};
  std::string text;
  // A guess of the size, one byte over, so that a file takes one read and one more for its end.
  constexpr std::size_t block = 1 << 16;
  std::size_t room = block;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
    room = static_cast<std::size_t>(status.st_size) + 1;
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) text.resize(size + std::max(room, size / 2));
    room = block;
    const auto n = ::read(fd, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      fail(error);
    }
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  ::close(fd);
  text.resize(size);
  return text;
}

std::vector<std::string> column_list(const std::vector<std::string>& words, const char* option) {
  std::vector<std::string> names;
  for (const auto& word : words)
    for (const auto& name : comma_separated(word)) {
      if (name.empty()) throw UsageError(fmt::format("{}: an empty name in '{}'", option, word));
      names.push_back(name);
    }
  return names;
}

void note(const std::string& text) {
  std::fputs(("perfmodel: note: " + text + "\n").c_str(), stderr);
}

/// What a reader of the result should know about how it came about.
void put_notes(const diff::Comparison& c) {
  if (c.layout.inferred_keys) {
    std::string keys;
    for (const auto& k : c.layout.keys()) keys += (keys.empty() ? "" : ",") + printable(k);
    note(fmt::format("no known kind of result; the columns of text tell rows apart: --key {}",
                     keys));
  }
  if (!c.layout.repeats()) return;
  const auto untested = std::count_if(c.tests.begin(), c.tests.end(),
                                      [](const diff::TestResult& t) { return !t.tested; });
  if (untested > 0) {
    note(
        fmt::format("{} of {} measurements have too few repetitions for a test at {:g}: their "
                    "tolerance alone decides",
                    untested, c.tests.size(), c.alpha));
  }
}

int run(const Words& w) {
  check_writable(w.out);
  spec::Diagnostics diagnostics;
  diff::Options options;
  options.wishes = {column_list(w.key, "--key"), column_list(w.ignore, "--ignore"),
                    diff::parse_tolerances(w.tolerance, diagnostics)};
  options.gate = w.gate == "regression" ? diff::Gate::regression : diff::Gate::change;
  options.alpha = w.alpha;
  const auto of_options = diagnostics.size();
  const std::array<std::string, 2> texts = {read_all(w.before), read_all(w.now)};
  const auto before = diff::make_source(texts[0], w.before, diagnostics);
  const auto now = diff::make_source(texts[1], w.now, diagnostics);
  if (diagnostics.size() != of_options) throw UsageError(diagnostics.to_string());
  const auto c = diff::compare(before, now, options, diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  put_notes(c);
  if (w.format == "csv")
    emit(w.out, diff_csv(c));
  else if (w.format == "json")
    emit(w.out, diff_json(c));
  else
    emit(w.out, diff_table(c, w.format == "md"));
  return c.failures.empty() ? kExitDone : kExitNo;
}

}  // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand("diff", "two result files against each other; a gate for CI");
  c->footer(
      "Example: perfmodel diff old.csv new.csv --tolerance 5%,tpot_ms=2%\n"
      "Reads the CSV that perfmodel writes, Google Benchmark's CSV and JSON, and any other CSV.\n"
      "Exit status 0: within; 1: outside, changed or vanished, as the last line says; 2: bad "
      "input.");
  c->add_option("OLD", w->before, "result file to compare with")->required();
  c->add_option("NEW", w->now, "result file to judge")->required();
  c->add_option("--key", w->key,
                "columns that tell rows apart, as in a,b; default: by the kind of file, else text")
      ->allow_extra_args(false);
  c->add_option("--ignore", w->ignore, "columns to leave out, as in a,b")->allow_extra_args(false);
  c->add_option("--tolerance", w->tolerance,
                "what a metric may move, as in 5% or tpot_ms=2%,output_tok_s=0%; default 5%")
      ->allow_extra_args(false);
  c->add_option("--gate", w->gate, "change: nothing may move; regression: nothing may get worse")
      ->check(CLI::IsMember({"change", "regression"}))
      ->capture_default_str();
  c->add_option("--alpha", w->alpha,
                "level of the test of repeated measurements (Google Benchmark)")
      ->check(CLI::Range(1e-12, 1.0))
      ->capture_default_str();
  c->add_option("--format", w->format, "table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, &chosen] { chosen.action = [w] { return run(*w); }; });
}

}  // namespace perfmodel::cli
