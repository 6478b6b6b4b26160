// Text of a result file as records of one shape, whatever wrote it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "csv/records.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::diff {

/// What is wrong with one file, up to a number that somebody would read; then how much more there
/// is.
class Problems {
 public:
  Problems(std::string file, spec::Diagnostics& diagnostics)
      : file_(std::move(file)), diagnostics_(diagnostics) {}
  ~Problems();
  Problems(const Problems&) = delete;
  Problems& operator=(const Problems&) = delete;
  /// `column` may be empty; line 0 for the file as a whole.
  void add(int line, std::string column, std::string message, std::string hint = "");
  /// Whether the next one would be listed, and so is worth its text.
  bool has_room() const { return count_ < kMost; }

 private:
  static constexpr std::size_t kMost = 20;
  std::string file_;
  spec::Diagnostics& diagnostics_;
  std::size_t count_ = 0;
  int more_from_ = 0;  // line of the first problem that is not listed
};

/// Records that do not come from the text as it stands.
struct Listing {
  struct Row {
    int line = 0;  // 0 where it has none
    std::vector<std::string> fields;
  };
  std::vector<Row> rows;  // the header first
};

/// A result file. `text` is CSV unless there is a `listing`.
struct Source {
  std::string file;
  std::string_view text;
  std::optional<Listing> listing;
};

/// CSV, or what Google Benchmark writes to --benchmark_out, as CSV or JSON. Keeps a view of `text`.
Source make_source(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics);

/// Calls `on_record` for each record, the header first. False if there is a problem.
bool for_each_record(const Source& source, spec::Diagnostics& diagnostics,
                     const std::function<void(const csv::Record&)>& on_record);

}  // namespace perfmodel::diff
