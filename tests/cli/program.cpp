#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

extern char** environ;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of POSIX

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  }
  ~Pipe() {
    for (int e : ends)
      if (e >= 0) ::close(e);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

/// Both streams to their ends, as they come.
void drain(int out, int err, Run& run) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* texts[2] = {&run.out, &run.err};
  int open = 2;
  while (open > 0) {
    ::poll(fds, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[65536];
      const auto n = ::read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(n));
      } else {
        fds[i].fd = -1;
        --open;
      }
    }
  }
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> r;
  for (auto& w : words) r.push_back(w.data());
  r.push_back(nullptr);
  return r;
}

}  // namespace

std::string Run::text() const {
  return "status " + std::to_string(status) + "\nout: " + out.substr(0, 2000) +
         "\nerr: " + err.substr(0, 2000);
}

Run run(const Words& arguments, const Where& where) {
  std::vector<std::string> words = {PERFMODEL_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  // A sanitizer's own exit status must not pass for an answer.
  std::vector<std::string> environment = {"ASAN_OPTIONS=exitcode=99",
                                          "UBSAN_OPTIONS=halt_on_error=1:exitcode=99"};
  environment.insert(environment.end(), where.environment.begin(), where.environment.end());
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry = *e;
    const auto name = entry.substr(0, entry.find('=') + 1);
    const bool replaced = std::any_of(environment.begin(), environment.end(),
                                      [&](const auto& own) { return own.starts_with(name); });
    if (!replaced && name != "PERFMODEL_CONFIGS=") environment.push_back(entry);
  }
  Pipe out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (where.closed_out)
    posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO);
  else if (!where.out.empty())
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, where.out.c_str(), O_WRONLY, 0);
  else
    posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, PERFMODEL_PROGRAM, &actions, nullptr,
                                   pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " PERFMODEL_PROGRAM);
  for (auto* pipe : {&out, &err}) {
    ::close(pipe->ends[1]);
    pipe->ends[1] = -1;
  }
  Run r;
  drain(out.ends[0], err.ends[0], r);
  int status = 0;
  ::waitpid(child, &status, 0);
  r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return r;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void expect_refusal(const Run& r, const Words& says) {
  EXPECT_EQ(r.status, 2) << r.text();
  EXPECT_EQ(r.out, "") << r.text();
  for (const auto& s : says) EXPECT_NE(r.err.find(s), std::string::npos) << s << "\n" << r.text();
  EXPECT_EQ(r.err.find("internal error"), std::string::npos) << r.text();
  EXPECT_TRUE(!r.err.empty() && r.err.back() == '\n') << r.text();
}

Scratch::Scratch() {
  auto name = (fs::temp_directory_path() / "perfmodel-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}
Scratch::~Scratch() {
  std::error_code error;
  fs::remove_all(path_, error);
}
std::string Scratch::listing() const {
  std::vector<std::string> names;
  for (const auto& e : fs::directory_iterator(path_)) names.push_back(e.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string s;
  for (const auto& n : names) s += (s.empty() ? "" : " ") + n;
  return s;
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}
void spill(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> ids(const std::string& folder) {
  std::vector<std::string> r;
  for (const auto& e : fs::directory_iterator(fs::path(PERFMODEL_CONFIG_DIR) / folder))
    if (e.path().extension() == ".yaml") r.push_back(e.path().stem().string());
  std::sort(r.begin(), r.end());
  return r;
}

std::string plain(std::string text) {
  for (auto& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return text;
}

std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (quoted) {
      if (c != '"') {
        row.back() += c;
      } else if (next == '"') {
        row.back() += '"';
        ++i;
      } else {
        quoted = false;
        EXPECT_TRUE(next == ',' || next == '\r') << "text after a closing quote at byte " << i;
      }
    } else if (c == '"') {
      EXPECT_TRUE(row.back().empty()) << "a quote within a bare field at byte " << i;
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\r') {
      EXPECT_EQ(next, '\n') << "a bare carriage return at byte " << i;
      ++i;
      rows.push_back(std::move(row));
      row.assign(1, "");
    } else {
      EXPECT_NE(c, '\n') << "a bare line feed at byte " << i;
      row.back() += c;
    }
  }
  EXPECT_FALSE(quoted) << "an unclosed quote";
  EXPECT_TRUE(row.size() == 1 && row[0].empty()) << "the last record does not end";
  for (const auto& r : rows) EXPECT_EQ(r.size(), rows.front().size()) << "records of unequal width";
  return rows;
}

std::vector<Record> records(const std::string& csv) {
  const auto rows = parse_csv(csv);
  std::vector<Record> all;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    auto& one = all.emplace_back();
    for (std::size_t c = 0; c < std::min(rows[r].size(), rows[0].size()); ++c)
      one[rows[0][c]] = rows[r][c];
  }
  return all;
}

Record first_record(const std::string& csv) {
  const auto all = records(csv);
  if (all.empty()) ADD_FAILURE() << "no answer in: " << csv;
  return all.empty() ? Record{} : all[0];
}

double number(const Record& record, const std::string& column) {
  const auto at = record.find(column);
  const bool there = at != record.end() && !at->second.empty();
  EXPECT_TRUE(there) << column;
  return there ? std::strtod(at->second.c_str(), nullptr) : NAN;
}

}  // namespace perfmodel::black_box
