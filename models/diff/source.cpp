#include "diff/source.hpp"

#include <fmt/format.h>

#include "diff/google_benchmark.hpp"

namespace perfmodel::diff {

Problems::~Problems() {
  if (count_ > kMost)
    diagnostics_.add({file_,
                      {more_from_, more_from_ > 0 ? 1 : 0},
                      "",
                      fmt::format("and {} more problems", count_ - kMost),
                      ""});
}

void Problems::add(int line, std::string column, std::string message, std::string hint) {
  if (++count_ == kMost + 1) more_from_ = line;
  if (count_ <= kMost)
    diagnostics_.add(
        {file_, {line, line > 0 ? 1 : 0}, std::move(column), std::move(message), std::move(hint)});
}

Source make_source(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics) {
  Source source{file, text, {}};
  if (text.empty()) {
    diagnostics.add({file, {}, "", "the file is empty", ""});
    return source;
  }
  source.listing = read_google_benchmark(text, file, diagnostics);
  return source;
}

bool for_each_record(const Source& source, spec::Diagnostics& diagnostics,
                     const std::function<void(const csv::Record&)>& on_record) {
  if (!source.listing) return csv::read_records(source.text, source.file, diagnostics, on_record);
  std::vector<std::string_view> fields;
  for (const auto& row : source.listing->rows) {
    fields.assign(row.fields.begin(), row.fields.end());
    on_record({row.line, {}, fields});
  }
  return true;
}

}  // namespace perfmodel::diff
