// What tests of sweeps share: sweeps out of text, their blocks and their records.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cli/comma_list.hpp"
#include "cli/published_index.hpp"
#include "cli/sweep_pool.hpp"
#include "engine_support.hpp"

namespace perfmodel::test {

/// A sweep out of text, through a file as users have it.
inline cli::LoadedSweep sweep_of(const std::string& rest) {
  namespace fs = std::filesystem;
  const auto folder = fs::temp_directory_path() / ("perfmodel-sweep-" + std::to_string(getpid()));
  fs::create_directory(folder);
  const auto path = folder / "s.yaml";
  std::ofstream(path) << "schema: 1\nsweep: s\nabout: a\n" << rest;
  struct Gone {
    fs::path path;
    ~Gone() { fs::remove_all(path); }
  } gone{folder};
  auto loaded = cli::load_sweep(catalog(), path.string());
  if (loaded.sweep.samples > 0) loaded.runs = cli::load_index(catalog()).runs;
  return loaded;
}

/// Fields by record; text in quotes is "quoted".
inline std::vector<std::vector<std::string>> sweep_records(const std::string& rows) {
  std::vector<std::vector<std::string>> r;
  for (std::size_t at = 0; at < rows.size();) {
    const auto end = rows.find("\r\n", at);
    // The reasons of these sweeps hold no commas but in quotes, which the tests do not look at.
    auto line = rows.substr(at, end - at);
    for (auto q = line.find('"'); q != std::string::npos; q = line.find('"'))
      line.replace(q, line.find('"', q + 1) - q + 1, "quoted");
    r.push_back(cli::comma_separated(line));
    at = end + 2;
  }
  return r;
}

/// All blocks by `threads` threads, in order.
inline std::vector<cli::Block> sweep_blocks(const cli::LoadedSweep& loaded, unsigned threads) {
  cli::Pool pool(loaded, threads);
  const auto count = cli::block_count(loaded);
  for (std::uint64_t n = 0; n < count; ++n) pool.submit(n);
  std::map<std::uint64_t, cli::Block> blocks;
  while (blocks.size() < count)
    if (auto b = pool.take(std::chrono::milliseconds(100))) blocks.emplace(b->number, *b);
  std::vector<cli::Block> r;
  for (auto& [number, b] : blocks) r.push_back(std::move(b));
  return r;
}

inline std::map<std::string, std::size_t> sweep_columns(const cli::LoadedSweep& loaded) {
  std::map<std::string, std::size_t> at;
  const auto header = sweep_records(cli::sweep_header(loaded.sweep)).front();
  for (std::size_t i = 0; i < header.size(); ++i) at[header[i]] = i;
  return at;
}

/// Fields by column.
using SweepRow = std::map<std::string, std::string>;
inline std::vector<SweepRow> sweep_rows(const cli::LoadedSweep& loaded, unsigned threads = 1) {
  const auto columns = sweep_columns(loaded);
  std::vector<SweepRow> rows;
  for (const auto& b : sweep_blocks(loaded, threads))
    for (const auto& record : sweep_records(b.rows)) {
      auto& row = rows.emplace_back();
      for (const auto& [name, at] : columns) row[name] = record.at(at);
    }
  return rows;
}

inline double number_in(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace perfmodel::test
