#include "cli/this_machine.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "kernels/registry/team.hpp"
#include "kernels/registry/tier.hpp"

namespace perfmodel::cli {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The first processor's entries of /proc/cpuinfo.
std::map<std::string, std::string> processor() {
  std::map<std::string, std::string> r;
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line) && !line.empty();) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto key = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
    const auto value = line.find_first_not_of(' ', colon + 1);
    if (value != std::string::npos) r[key] = line.substr(value);
  }
  return r;
}

/// "32768K" or "32M".
Bytes size_of(const std::string& text) {
  std::istringstream in(text);
  double n = 0;
  char unit = ' ';
  in >> n >> unit;
  const double scale = unit == 'K' ? 0x1p10 : unit == 'M' ? 0x1p20 : unit == 'G' ? 0x1p30 : 1.0;
  return Bytes::from_base(n * scale);
}

/// "0-7,64-71": 16.
int count_of(const std::string& list) {
  std::istringstream in(list);
  int count = 0;
  for (std::string range; std::getline(in, range, ',');) {
    std::istringstream ends(range);
    int first = 0, last = 0;
    char dash = ' ';
    if (!(ends >> first)) continue;
    if (!(ends >> dash >> last)) last = first;
    count += last - first + 1;
  }
  return count;
}

void read_caches(ThisMachine& m) {
  for (int i = 0; i < 8; ++i) {
    const auto folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", i);
    const auto level = first_line(folder + "level");
    if (level.empty() || first_line(folder + "type") == "Instruction") continue;
    auto& cache = level == "1" ? m.l1d : level == "2" ? m.l2 : m.l3;
    cache = size_of(first_line(folder + "size"));
    if (level == "3") m.l3_threads = count_of(first_line(folder + "shared_cpu_list"));
  }
}

/// "always [madvise] never": the word in brackets.
std::string chosen_word(const std::string& line) {
  const auto open = line.find('['), close = line.find(']');
  if (open == std::string::npos || close == std::string::npos) return "";
  return line.substr(open + 1, close - open - 1);
}

}  // namespace

ThisMachine this_machine() {
  ThisMachine m;
  auto cpu = processor();
  m.cpu = cpu["model name"].empty() ? "unknown processor" : cpu["model name"];
  if (!cpu["cpu family"].empty())
    m.cpu += fmt::format(", family {} model {} stepping {}", cpu["cpu family"], cpu["model"],
                         cpu["stepping"]);
  m.vendor = cpu["vendor_id"];
  if (m.vendor == "AuthenticAMD") m.vendor = "AMD";
  if (m.vendor == "GenuineIntel") m.vendor = "Intel";
  if (m.vendor.empty()) m.vendor = "unknown";
#if defined(__clang__)
  m.compiler = "clang " __clang_version__;
#elif defined(__VERSION__)
  m.compiler = "g++ " __VERSION__;
#endif
  m.features = to_string(kernels::machine_features());
  read_caches(m);
  m.page = Bytes::from_base(static_cast<double>(::sysconf(_SC_PAGESIZE)));
  m.memory = m.page * static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  m.huge_pages = chosen_word(first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  m.threads = kernels::available_threads();
  return m;
}

std::string today() {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now()));
}

}  // namespace perfmodel::cli
