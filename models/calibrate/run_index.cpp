#include "calibrate/run_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "units/number.hpp"

namespace perfmodel::calibrate {
namespace {

constexpr std::string_view kMark = "perfmodel run index 1";

/// Takes fields off a text one by one; once something is wrong it stays so.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool done() const { return text_.empty(); }
  std::string_view next(char end) {
    const auto at = text_.find(end);
    if (at == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    const auto field = text_.substr(0, at);
    text_.remove_prefix(at + 1);
    return field;
  }
  std::string word() { return std::string(next('\t')); }
  template <class T>
  T number(char end) {
    const auto v = entire_number<T>(next(end));
    ok_ = ok_ && v && *v >= T{};
    return v.value_or(T{});
  }
  double real() { return number<double>('\t'); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::string text_of(const Likeness& l) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t", l.chip,
                     l.family, l.llm, l.architecture, l.active, l.profile, name_of(l.mode), l.chips,
                     l.tp, l.ep, l.weight_bits, l.input, l.output, l.concurrency, l.draft_tokens);
}

std::optional<Likeness> likeness(Fields& f) {
  Likeness l;
  l.chip = f.word();
  l.family = f.word();
  l.llm = f.word();
  l.architecture = f.word();
  l.active = f.real();
  l.profile = f.word();
  const auto mode = f.next('\t');
  const auto at = std::find(kModeNames.begin(), kModeNames.end(), mode);
  if (at == kModeNames.end()) return std::nullopt;
  l.mode = static_cast<Mode>(at - kModeNames.begin());
  for (double* v : {&l.chips, &l.tp, &l.ep, &l.weight_bits, &l.input, &l.output, &l.concurrency,
                    &l.draft_tokens})
    *v = f.real();
  return f.ok() ? std::optional(std::move(l)) : std::nullopt;
}

}  // namespace

std::string to_text(const RunIndex& index) {
  auto s = fmt::format("{}\n{}\n", kMark, index.files.size());
  for (const auto& f : index.files)
    s += fmt::format("{}\t{}\t{}\t{}\n", f.name, f.size, f.header.begin, f.header.size);
  for (std::size_t i = 0; i < index.runs.size(); ++i) {
    const auto& place = index.places[i];
    s += fmt::format("{}{}\t{}\n", text_of(index.runs[i]), place.file, place.rows.size());
    for (const auto& row : place.rows) {
      s.back() = '\t';
      s += fmt::format("{}\t{}\n", row.begin, row.size);
    }
  }
  return s;
}

std::optional<RunIndex> parse_index(std::string_view text) {
  Fields f(text);
  if (f.next('\n') != kMark) return std::nullopt;
  RunIndex index;
  const auto files = f.number<std::size_t>('\n');
  for (std::size_t i = 0; f.ok() && i < files; ++i) {
    RunIndex::File file;
    file.name = f.word();
    file.size = f.number<std::uintmax_t>('\t');
    file.header.begin = f.number<std::size_t>('\t');
    file.header.size = f.number<std::size_t>('\n');
    index.files.push_back(std::move(file));
  }
  while (f.ok() && !f.done()) {
    auto run = likeness(f);
    if (!run) return std::nullopt;
    RunIndex::Place place;
    place.file = f.number<std::size_t>('\t');
    const auto rows = f.number<std::size_t>('\t');
    if (!f.ok() || place.file >= index.files.size() || rows == 0) return std::nullopt;
    for (std::size_t i = 0; f.ok() && i < rows; ++i) {
      Span span;
      span.begin = f.number<std::size_t>('\t');
      span.size = f.number<std::size_t>(i + 1 < rows ? '\t' : '\n');
      place.rows.push_back(span);
    }
    index.runs.push_back(std::move(*run));
    index.places.push_back(std::move(place));
  }
  if (!f.ok()) return std::nullopt;
  return index;
}

}  // namespace perfmodel::calibrate
