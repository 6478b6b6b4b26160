#include "cli/published_index.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "cli/manifest.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;
using calibrate::RunIndex;
using calibrate::Span;

fs::path folder_of(const Catalog& catalog) {
  return results_folder(catalog) / "published";
}

bool fits(const RunIndex& index, const std::vector<fs::path>& files) {
  const auto same = [](const RunIndex::File& known, const fs::path& file) {
    std::error_code error;
    return known.name == file.filename() && known.size == fs::file_size(file, error);
  };
  return std::equal(index.files.begin(), index.files.end(), files.begin(), files.end(), same);
}

void add(std::vector<Span>& rows, const Span& row) {
  if (!rows.empty() && rows.back().begin + rows.back().size == row.begin)
    rows.back().size += row.size;
  else
    rows.push_back(row);
}

/// A run is worth an entry if the program says something of one of its numbers.
bool has_prediction(const calibrate::Run& run, const calibrate::Measurement& m,
                    const cost::Stack& stack) {
  const auto p = calibrate::predict(run, stack);
  return p && calibrate::value_of(*p, run, *m.metric);
}

}  // namespace

fs::path index_path(const Catalog& catalog) {
  return folder_of(catalog) / "index.tsv";
}

RunIndex make_index(const Catalog& catalog) {
  RunIndex index;
  const StackShelf shelf(catalog, "");
  CatalogLibrary library(catalog);
  for (const auto& path : csv_files(folder_of(catalog))) {
    const auto text = read_file(path).value_or("");
    spec::Diagnostics ignored;
    const auto table = calibrate::parse_csv(text, path.string(), ignored);
    const auto file = index.files.size();
    index.files.push_back({path.filename().string(), text.size(), table.header_span});
    std::map<int, Span> spans;
    for (const auto& row : table.rows) spans[row.line] = row.span;
    // Sources give each number of a run its own notes, and some its own id, so what is alike in
    // every other way is one run.
    std::map<std::string, std::size_t> known;
    for (const auto& m : calibrate::read_measurements(table, path.string(), ignored)) {
      const auto& stack = shelf.for_row(m);
      const auto run = calibrate::express(m, library, stack);
      if (!run || !has_prediction(*run, m, stack)) continue;
      auto like = calibrate::likeness_of(*run, stack.id);
      const auto key = fmt::format("{}\n{}\n{}\n{}\n{}", m.source, m.url, m.date, m.version,
                                   calibrate::to_text({{}, {like}, {{}}}));
      const auto [at, fresh] = known.emplace(key, index.runs.size());
      if (fresh) {
        index.runs.push_back(std::move(like));
        index.places.push_back({file, {}});
      }
      add(index.places[at->second].rows, spans[m.line]);
    }
  }
  return index;
}

RunIndex load_index(const Catalog& catalog) {
  const auto files = csv_files(folder_of(catalog));
  if (files.empty()) return {};
  // The measurements themselves by their checksums.
  if (const auto manifest = read_file(results_folder(catalog) / kManifest))
    catalog.note_read(results_folder(catalog) / kManifest, *manifest);
  if (const auto text = read_file(index_path(catalog))) {
    if (auto index = calibrate::parse_index(*text); index && fits(*index, files)) {
      catalog.note_read(index_path(catalog), *text);
      return std::move(*index);
    }
  }
  return make_index(catalog);
}

std::vector<calibrate::Measurement> rows_at(const Catalog& catalog, const RunIndex& index,
                                            const RunIndex::Place& place) {
  const auto& file = index.files[place.file];
  const auto path = folder_of(catalog) / file.name;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  const auto take = [&](const Span& span) {
    if (span.size > file.size || span.begin > file.size - span.size) return;
    const auto at = text.size();
    text.resize(at + span.size);
    in.seekg(static_cast<std::streamoff>(span.begin));
    in.read(text.data() + at, static_cast<std::streamsize>(span.size));
    text.resize(at + static_cast<std::size_t>(in.gcount()));
  };
  take(file.header);
  for (const auto& row : place.rows) take(row);
  spec::Diagnostics changed;
  const auto table = calibrate::parse_csv(text, path.string(), changed);
  if (!changed.empty()) return {};
  return calibrate::read_measurements(table, path.string(), changed);
}

}  // namespace perfmodel::cli
