// Runs the program as a user would: a process with arguments, an environment, and three streams.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace perfmodel::black_box {

struct Run {
  int status = -1;  // exit status; 128 + signal if it was killed
  std::string out, err;
  std::string text() const;
};

struct Where {
  std::vector<std::string> environment = {};  // "NAME=value", added to the inherited one
  std::string out = {};                       // file for standard output in place of a pipe
  bool closed_out = false;
};
Run run(const std::vector<std::string>& arguments, const Where& where = {});

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

}  // namespace perfmodel::black_box
