#include "cli/sweep_ranks.hpp"

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/module.hpp"
#include "cli/sweep_pool.hpp"

namespace perfmodel::cli {
namespace {

using namespace std::chrono_literals;

// The first byte of a message says what it is.
constexpr char kHere = 'h';    // to rank 0: "<room> <identity>"
constexpr char kBlock = 'b';   // to rank 0: a finished block
constexpr char kFailed = 'f';  // to rank 0: a text
constexpr char kWork = 'w';    // from rank 0: the number of a block
constexpr char kStop = 's';    // from rank 0

/// How long a process sleeps that waits for messages.
constexpr auto kNap = 1ms;

std::optional<int> from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::max(0, std::atoi(text));
}

std::string message(char kind, std::string_view rest) {
  std::string s(1, kind);
  s += rest;
  return s;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T n{};
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec != std::errc()) return std::nullopt;
  return n;
}

}  // namespace

std::unique_ptr<Messenger> join_ranks() {
  // Open MPI's launcher says so in the environment, before any library is there to ask.
  const auto size = from_environment("OMPI_COMM_WORLD_SIZE");
  if (!size) return nullptr;
  const auto path = find_module("perfmodel_mpi");
  if (!path && *size == 1) return nullptr;
  if (!path)
    throw UsageError(
        "mpirun: this program was built without MPI; install the package libopenmpi-dev, then "
        "cmake --preset release && cmake --build --preset release");
  // Its own modules look for the symbols of the library that loads them.
  void* module = ::dlopen(path->c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr)
    throw UsageError(fmt::format("mpirun: cannot load {}: {}", path->string(), ::dlerror()));
  const auto make = reinterpret_cast<MakeMessenger>(::dlsym(module, "perfmodel_messenger"));
  if (make == nullptr)
    throw UsageError(fmt::format("mpirun: '{}' is no module of this program", path->string()));
  return std::unique_ptr<Messenger>(make());
}

unsigned usual_threads() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  const int usable = ::sched_getaffinity(0, sizeof mine, &mine) == 0
                         ? CPU_COUNT(&mine)
                         : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const bool bound = usable < ::sysconf(_SC_NPROCESSORS_ONLN);
  const int sharing = bound ? 1 : from_environment("OMPI_COMM_WORLD_LOCAL_SIZE").value_or(1);
  return static_cast<unsigned>(std::max(1, usable / std::max(1, sharing)));
}

OtherRanks::OtherRanks(Messenger* messenger, SweepIdentity identity)
    : messenger_(messenger), identity_(std::move(identity)) {
  if (messenger_ != nullptr) ranks_.resize(static_cast<std::size_t>(messenger_->size() - 1));
}

bool OtherRanks::submit(std::uint64_t block) {
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (ranks_[i].under_way >= ranks_[i].room) continue;
    messenger_->send(static_cast<int>(i) + 1, message(kWork, std::to_string(block)));
    ++ranks_[i].under_way;
    return true;
  }
  return false;
}

std::size_t OtherRanks::under_way() const {
  std::size_t n = 0;
  for (const auto& r : ranks_) n += r.under_way;
  return n;
}

std::size_t OtherRanks::room() const {
  std::size_t n = 0;
  for (const auto& r : ranks_) n += r.room;
  return n;
}

void OtherRanks::greet(Rank& rank, const Messenger::Message& m) const {
  const std::string_view text = std::string_view(m.bytes).substr(1);
  const auto blank = text.find(' ');
  if (text.substr(blank + 1) != identity_.text())
    throw UsageError(fmt::format(
        "rank {} has another program, another sweep or other configs than rank 0", m.from));
  rank.room = number<std::size_t>(text.substr(0, blank)).value_or(1);
}

std::optional<Block> OtherRanks::take() {
  if (ranks_.empty()) return std::nullopt;
  while (auto m = messenger_->receive()) {
    auto& rank = ranks_[static_cast<std::size_t>(m->from) - 1];
    const auto rest = std::string_view(m->bytes).substr(1);
    if (m->bytes[0] == kFailed) throw UsageError(fmt::format("rank {}: {}", m->from, rest));
    if (m->bytes[0] == kHere) {
      greet(rank, *m);
      continue;
    }
    auto block = m->bytes[0] == kBlock ? block_of(rest) : std::nullopt;
    // No fault of the input: what is written stays, and can be resumed.
    if (!block) throw std::runtime_error(fmt::format("rank {} has sent a damaged block", m->from));
    --rank.under_way;
    return block;
  }
  return std::nullopt;
}

void OtherRanks::stop() {
  // One that is late still has to hear it.
  for (std::size_t i = 0; i < ranks_.size(); ++i)
    messenger_->send(static_cast<int>(i) + 1, message(kStop, ""));
}

void serve_blocks(Messenger& messenger, const LoadedSweep& sweep, const SweepIdentity& identity,
                  unsigned threads) {
  Pool pool(sweep, threads);
  messenger.send(0, message(kHere, fmt::format("{} {}", pool.room(), identity.text())));
  while (true) {
    while (const auto m = messenger.receive()) {
      if (m->bytes[0] == kStop) return;
      if (const auto n = number<std::uint64_t>(std::string_view(m->bytes).substr(1)))
        pool.submit(*n);
    }
    if (const auto block = pool.take(kNap)) messenger.send(0, message(kBlock, to_bytes(*block)));
  }
}

void report_failure(Messenger& messenger, const std::string& what) {
  messenger.send(0, message(kFailed, what));
  while (true) {
    while (const auto m = messenger.receive())
      if (m->bytes[0] == kStop) return;
    std::this_thread::sleep_for(kNap);
  }
}

}  // namespace perfmodel::cli
