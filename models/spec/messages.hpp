// Every message that the document parser and the readers can give, in one list: a test asks that
// each of them appears in a golden file of tests/negative. Problems of units bring their own text
// (units/text.hpp).
#pragma once

#include <array>
#include <string_view>

namespace perfmodel::spec {

#define PERFMODEL_SPEC_MESSAGES(X)                                              \
  /* document */                                                                \
  X(too_large, "file of {} bytes is larger than the limit of {}")               \
  X(nul_byte, "file holds a NUL byte")                                          \
  X(not_utf8, "file is not UTF-8")                                              \
  X(syntax, "not valid YAML: {}")                                               \
  X(too_deep, "nested deeper than {} levels")                                   \
  X(too_many_nodes, "more than {} values after expansion of aliases")           \
  X(too_many_aliases, "more than {} aliases")                                   \
  X(too_much_text, "more than {} bytes of text after expansion of aliases")     \
  X(several_documents, "a second document in one file")                         \
  X(duplicate_key, "key {} is there twice, first in line {}")                   \
  X(key_not_scalar, "a key must be a word")                                     \
  X(merge_key, "merge keys are not supported")                                  \
  X(unfinished_anchor, "an alias inside the very value that it stands for")     \
  X(unknown_tag, "tag {} is not supported")                                     \
  /* overrides */                                                               \
  X(bad_path, "{} is not a path")                                               \
  X(bad_override_text, "the value is not UTF-8 text")                           \
  X(through_scalar, "{} is a single value and has nothing inside")              \
  X(through_figure, "{} is a figure, which is set as a whole")                  \
  X(no_such_item, "{} is not an item of a list of {}")                          \
  X(set_container, "{} cannot be set to one value")                             \
  /* maps */                                                                    \
  X(missing_key, "key {} is missing")                                           \
  X(unknown_key, "unknown key {}")                                              \
  X(no_value, "has no value")                                                   \
  X(wrong_kind, "is {}, expected {}")                                           \
  X(empty_text, "is an empty text")                                             \
  X(not_whole, "{} is not a whole number")                                      \
  X(not_number, "{} is not a plain number")                                     \
  X(not_finite, "{} is not a finite number")                                    \
  X(out_of_bounds, "{} is not between {} and {}")                               \
  X(not_boolean, "{} is neither true nor false")                                \
  X(unknown_choice, "unknown value {}")                                         \
  /* quantities and figures */                                                  \
  X(negative, "{} is negative")                                                 \
  X(not_positive, "{} is not positive")                                         \
  X(below_minimum, "{} is below the least possible value, {}")                  \
  X(above_maximum, "{} is above the largest possible value, {}")                \
  X(bare_figure, "{} is a bare value, expected a figure with grade and source") \
  X(unknown_grade, "unknown grade {}")                                          \
  X(range_size, "a range is two numbers, here are {}")                          \
  X(range_swapped, "bounds of the range are swapped")                           \
  X(range_outside, "range [{}, {}] does not hold the value {}")                 \
  X(claim_outside, "{} says {}, which the range [{}, {}] does not hold")        \
  X(no_source, "grade {} needs a source")                                       \
  X(assumed_range, "an assumed figure needs a range")                           \
  X(assumed_note, "an assumed figure needs a note that gives the reason")       \
  X(undeclared_source, "source {} is not declared")                             \
  X(unused_source, "source {} is declared but no figure uses it")               \
  X(bad_date, "{} is not a date")                                               \
  /* headers */                                                                 \
  X(wrong_schema, "schema {} is not supported")                                 \
  X(bad_id, "{} is not an id")                                                  \
  X(id_not_stem, "id {} differs from the file name")                            \
  X(repeated_alias, "alias {} is there twice")

namespace message {
#define PERFMODEL_SPEC_ONE(name, text) inline constexpr std::string_view name = text;
PERFMODEL_SPEC_MESSAGES(PERFMODEL_SPEC_ONE)
#undef PERFMODEL_SPEC_ONE
}  // namespace message

struct NamedMessage {
  std::string_view name, text;
};
#define PERFMODEL_SPEC_ONE(name, text) NamedMessage{#name, text},
inline constexpr auto kAllMessages =
    std::to_array<NamedMessage>({PERFMODEL_SPEC_MESSAGES(PERFMODEL_SPEC_ONE)});
#undef PERFMODEL_SPEC_ONE
#undef PERFMODEL_SPEC_MESSAGES

}  // namespace perfmodel::spec
