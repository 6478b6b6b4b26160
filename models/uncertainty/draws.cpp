#include "uncertainty/draws.hpp"

#include <utility>

namespace perfmodel::uncertainty {
namespace {

/// SplitMix64 (Steele, Lea and Flood 2014).
class Generator {
 public:
  explicit Generator(std::uint64_t state) : state_(state) {}
  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// Within (0, 1).
  double share() { return (static_cast<double>(bits() >> 12U) + 0.5) * 0x1p-52; }

 private:
  std::uint64_t state_;
};

/// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

std::string key_of(const spec::Origin& origin) {
  return origin.path + " " + origin.file.substr(origin.file.find_last_of('/') + 1);
}

std::vector<double> draws_of(std::string_view key, std::size_t n, std::uint64_t seed) {
  Generator g(hash(key) ^ (seed * 0x9e3779b97f4a7c15ULL));
  std::vector<double> u(n);
  for (std::size_t i = 0; i < n; ++i)
    u[i] = (static_cast<double>(i) + g.share()) / static_cast<double>(n);
  for (std::size_t i = n; i > 1; --i)
    std::swap(u[i - 1], u[static_cast<std::size_t>(g.share() * static_cast<double>(i))]);
  return u;
}

}  // namespace perfmodel::uncertainty
