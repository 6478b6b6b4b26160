// The kinds of result file that are known: what their columns mean to a comparison.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perfmodel::diff {

/// Which way a metric gets better.
enum class Better : std::uint8_t { less, more, neither };
std::string_view name_of(Better b);

/// Lists of columns are separated by commas. A column that a kind does not name is compared all the
/// same: numbers as a metric whose direction its name gives, text as a note.
struct Kind {
  std::string_view name;
  std::string_view made_by;
  std::string_view signature;  // a header with all of these is of this kind
  std::string_view keys;       // what a row is about; those that the file has
  std::string_view verdicts;   // text whose change counts
  std::string_view less, more, neither;
  std::string_view notes;  // what came along with a result: shown where it changed, never counted
  bool repeats = false;    // rows of one key are repeated measurements
};

std::span<const Kind> kinds();

/// The kind whose signature the header holds, or null. The first one counts.
const Kind* find_kind(std::span<const std::string> header);

/// Whether a comma-separated list has the word.
bool lists(std::string_view list, std::string_view word);
std::vector<std::string> words_of(std::string_view list);

/// By the unit in the column's name: rates ("_per_s", "tok_s") are better when larger, times
/// ("_ms",
/// "_us") when smaller.
Better direction_of(std::string_view column);

/// Words that say how a row ended, in files of no known kind: a change of them is a change of the
/// answer, not another row.
bool is_verdict_name(std::string_view column);

}  // namespace perfmodel::diff
