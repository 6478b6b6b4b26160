#include "cli/sweep_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "perfmodel-sweep-journal 1";

std::string hex(double v) {
  return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(v));
}

template <class T>
bool whole_text_is(std::string_view text, T& value, int base = 10) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value, base);
  return error == std::errc() && end == last;
}

struct Journal {
  SweepIdentity identity;
  SweepState state;
  std::uint64_t bytes = 0;
};

std::string to_text(const Journal& j) {
  auto s = fmt::format(
      "{}\nsweep {}\nconfigs {}\nprogram {}\ndraws {}\nblocks {}\nbytes {}\nok {}\nthinned {:d}\n",
      kMagic, j.identity.sweep, j.identity.configs, j.identity.program, j.identity.draws,
      j.state.blocks, j.bytes, j.state.ok, j.state.thinned);
  for (const auto& p : j.state.front)
    s += fmt::format("front {} {} {} {}\n", p.group, p.index, hex(p.x), hex(p.y));
  return s + "end\n";
}

std::optional<sweep::FrontPoint> front_point(std::istringstream& words) {
  std::string group, index, x, y;
  words >> group >> index >> x >> y;
  sweep::FrontPoint p;
  std::uint64_t x_bits = 0, y_bits = 0;
  if (!whole_text_is(group, p.group) || !whole_text_is(index, p.index) ||
      !whole_text_is(x, x_bits, 16) || !whole_text_is(y, y_bits, 16))
    return std::nullopt;
  p.x = std::bit_cast<double>(x_bits);
  p.y = std::bit_cast<double>(y_bits);
  return p;
}

std::optional<Journal> parse_journal(const std::string& text) {
  Journal j;
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line) || line != kMagic) return std::nullopt;
  while (std::getline(lines, line)) {
    if (line == "end") return j;
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "front") {
      const auto p = front_point(words);
      if (!p) return std::nullopt;
      j.state.front.push_back(*p);
      continue;
    }
    std::string value;
    words >> value;
    std::uint64_t n = 0;
    const bool number = whole_text_is(value, n);
    if (key == "sweep") j.identity.sweep = value;
    if (key == "configs") j.identity.configs = value;
    if (key == "program") j.identity.program = value;
    if (key == "draws") j.identity.draws = value;
    if (key == "blocks" && number) j.state.blocks = n;
    if (key == "bytes" && number) j.bytes = n;
    if (key == "ok" && number) j.state.ok = n;
    if (key == "thinned" && number) j.state.thinned = n != 0;
  }
  return std::nullopt;  // cut off
}

std::string what_changed(const SweepIdentity& then, const SweepIdentity& now) {
  std::string s;
  const auto add = [&](bool changed, std::string_view what) {
    if (changed) s += fmt::format("{}{}", s.empty() ? "" : ", ", what);
  };
  add(then.sweep != now.sweep, "the sweep or its options");
  add(then.configs != now.configs, "a config that it uses");
  add(then.program != now.program, "the program");
  add(then.draws != now.draws, fmt::format("the draws ({}, now {})", then.draws, now.draws));
  return s;
}

}  // namespace

std::string SweepIdentity::text() const {
  return fmt::format("{} {} {} {}", sweep, configs, program, draws);
}

SweepFile::SweepFile(const std::string& path, SweepIdentity identity, bool resume)
    : identity_(std::move(identity)) {
  if (path.empty() || path == "-") {
    fd_ = STDOUT_FILENO;
    target_ = "standard output";
    return;
  }
  check_writable(path);
  target_ = is_special(path) ? path : behind_links(path);
  if (is_special(path)) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) cannot_write(path, errno);
    return;
  }
  partial_ = target_ + ".partial";
  journal_ = target_ + ".journal";
  open_partial(resume);
}

SweepFile::~SweepFile() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
}

void SweepFile::open_partial(bool resume) {
  const bool interrupted = fs::exists(journal_) && fs::exists(partial_);
  fd_ = ::open(partial_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) cannot_write(partial_, errno);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0)
    throw UsageError(fmt::format("another sweep is writing '{}'", partial_));
  if (interrupted && !resume)
    throw UsageError(
        fmt::format("'{}' is an interrupted run: --resume continues it (or remove it and '{}')",
                    partial_, journal_));
  if (interrupted) read_journal();
  if (::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0 || !disk_.begin(fd_, bytes_))
    cannot_write(partial_, errno);
  resumed_ = interrupted;
}

void SweepFile::read_journal() {
  const auto text = read_file(journal_);
  if (!text) throw UsageError("cannot read " + journal_);
  auto j = parse_journal(*text);
  if (!j)
    throw UsageError(
        fmt::format("'{}' is damaged: remove it and '{}' to begin anew", journal_, partial_));
  if (j->identity != identity_)
    throw UsageError(
        fmt::format("cannot resume '{}': {} changed since (remove it and '{}' to begin anew)",
                    partial_, what_changed(j->identity, identity_), journal_));
  const auto there = ::lseek(fd_, 0, SEEK_END);
  if (there < 0 || static_cast<std::uint64_t>(there) < j->bytes)
    throw UsageError(fmt::format("'{}' is shorter than '{}' says: remove both to begin anew",
                                 partial_, journal_));
  state_ = std::move(j->state);
  bytes_ = j->bytes;
}

void SweepFile::append(std::string_view text) {
  const bool written = resumable() ? disk_.append(text) : write_all(fd_, text);
  if (!written) cannot_write(resumable() ? partial_ : target_, errno);
  bytes_ += text.size();
}

void SweepFile::save(const SweepState& state) {
  if (!resumable()) return;
  if (!disk_.sync()) cannot_write(partial_, errno);
  write_file(journal_, to_text({identity_, state, bytes_}));
}

void SweepFile::finish() {
  if (!resumable()) return;
  if (!disk_.sync() || ::fsync(fd_) != 0) cannot_write(partial_, errno);
  if (::rename(partial_.c_str(), target_.c_str()) != 0) cannot_write(target_, errno);
  ::unlink(journal_.c_str());
}

void SweepFile::discard() {
  if (!resumable()) return;
  ::unlink(partial_.c_str());
  ::unlink(journal_.c_str());
}

}  // namespace perfmodel::cli
