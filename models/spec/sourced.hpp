// A figure from the world: its value, how far sources disagree, how good the source is, and where
// it was written down.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfmodel::spec {

/// Quality of a figure, best first. An answer carries the weakest grade among the figures it used.
enum class Grade : std::uint8_t {
  measured,
  official,
  paper,
  derived,
  analyst,
  press,
  rumour,
  assumed,
};
inline constexpr std::array<std::string_view, 8> kGradeNames = {
    "measured", "official", "paper", "derived", "analyst", "press", "rumour", "assumed"};
constexpr std::string_view name_of(Grade g) {
  return kGradeNames[static_cast<std::size_t>(g)];
}
constexpr Grade weaker(Grade a, Grade b) {
  return a < b ? b : a;
}

/// 1-based position in a file; 0 where there is none (a value set on the command line).
struct Mark {
  int line = 0;
  int column = 0;
};

/// Who published a figure.
struct Source {
  std::string id;
  std::string title;
  std::string url;   // empty where none is known
  std::string date;  // ISO, as precise as known
};

/// Where a figure was written: "chip.memory.bandwidth" in configs/chips/ascend910c.yaml:14:3.
struct Origin {
  std::string path;
  std::string file;
  Mark mark;
};

/// What one of a figure's sources says of it, within its range: "706 TFLOP/s".
struct Claim {
  std::string source;  // id in the file's own `sources`
  std::string value;
};

/// low <= value <= high; low == high == value where no source disagrees.
template <class Q>
struct Sourced {
  Q value{};
  Q low{};
  Q high{};
  Grade grade = Grade::assumed;
  std::vector<std::string> sources;  // ids in the file's own `sources`
  std::string note;
  Origin origin;
  bool overridden = false;    // set on the command line
  std::vector<Claim> claims;  // where sources disagree, what each says
};

}  // namespace perfmodel::spec
