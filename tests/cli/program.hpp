// Runs the program as a user would: a process with arguments, an environment, and three streams.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace perfmodel::black_box {

using Words = std::vector<std::string>;

/// Where configs/ and results/ are.
inline const std::filesystem::path kProject =
    std::filesystem::path(PERFMODEL_CONFIG_DIR).parent_path();

struct Run {
  int status = -1;  // exit status; 128 + signal if it was killed
  std::string out, err;
  std::string text() const;
};

struct Where {
  Words environment = {};  // "NAME=value", added to the inherited one
  std::string out = {};    // file for standard output in place of a pipe
  bool closed_out = false;
};
Run run(const Words& arguments, const Where& where = {});

/// `words` and after them `more`.
Words with(Words words, const Words& more);

/// Fails the test unless the run ended with status 2, printed nothing, and said all of `says`.
void expect_refusal(const Run& r, const Words& says);

/// An empty folder that goes away with the object.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  /// Names of what lies in it, sorted and joined by blanks.
  std::string listing() const;

 private:
  std::filesystem::path path_;
};

std::string slurp(const std::filesystem::path& path);
void spill(const std::filesystem::path& path, const std::string& text);

/// Ids of all files in a folder of configs/.
std::vector<std::string> ids(const std::string& folder);
/// For test names: letters, digits and underscores only.
std::string plain(std::string text);

/// Records of an RFC 4180 text; fails the test where it is not one.
std::vector<std::vector<std::string>> parse_csv(const std::string& text);

/// A record of a CSV with a header, by column.
using Record = std::map<std::string, std::string>;
std::vector<Record> records(const std::string& csv);
/// Of these, the first; fails the test where there is none.
Record first_record(const std::string& csv);
/// A field as a number; fails the test, and is NaN, where there is none.
double number(const Record& record, const std::string& column);

}  // namespace perfmodel::black_box
