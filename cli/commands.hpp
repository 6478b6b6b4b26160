// The subcommands. Each describes itself to CLI11 and leaves what to run in `Chosen`.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace perfmodel::cli {

/// Options before the subcommand, and the subcommand's action, set when it was parsed.
struct Chosen {
  std::string configs;          // --configs
  std::function<int()> action;  // returns the exit status
  /// Where the answer of `estimate` and `compare` goes instead of to a file or standard output.
  std::string* answer = nullptr;
};

void add_estimate(CLI::App& app, Chosen& chosen);
void add_compare(CLI::App& app, Chosen& chosen);
void add_list(CLI::App& app, Chosen& chosen);
void add_show(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_validate(CLI::App& app, Chosen& chosen);
void add_calibrate(CLI::App& app, Chosen& chosen);
void add_index(CLI::App& app, Chosen& chosen);
void add_bench(CLI::App& app, Chosen& chosen);
void add_host(CLI::App& app, Chosen& chosen);
void add_formats(CLI::App& app, Chosen& chosen);
void add_sweep(CLI::App& app, Chosen& chosen);
void add_fleet(CLI::App& app, Chosen& chosen);
void add_diff(CLI::App& app, Chosen& chosen);
void add_reproduce(CLI::App& app, Chosen& chosen);

}  // namespace perfmodel::cli
