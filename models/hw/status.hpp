// Whether a product can be had.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace perfmodel::hw {

enum class Status : std::uint8_t { shipping, announced, rumoured, cancelled };
inline constexpr std::array<std::string_view, 4> kStatusNames = {"shipping", "announced",
                                                                 "rumoured", "cancelled"};
constexpr std::string_view name_of(Status s) {
  return kStatusNames[static_cast<std::size_t>(s)];
}
inline std::vector<std::pair<std::string_view, Status>> status_options() {
  return {{"shipping", Status::shipping},
          {"announced", Status::announced},
          {"rumoured", Status::rumoured},
          {"cancelled", Status::cancelled}};
}

}  // namespace perfmodel::hw
