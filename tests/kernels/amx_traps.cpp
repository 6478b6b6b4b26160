// Instructions of AMX from their bytes. Intel SDM volume 2: all have a VEX prefix of three bytes in
// map 0F38; the operation is chosen by opcode and the implied prefix.
#include <atomic>
#include <csignal>

#include "amx_emulated.hpp"
#include "soft_tiles.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include "memory_operand.hpp"
#endif

namespace perfmodel::kernels {

namespace {

struct {
  std::atomic<std::int64_t> configured{0}, released{0}, loaded{0}, stored{0}, scattered{0},
      multiplied{0};
} counted;

#if defined(__x86_64__) && defined(__linux__)
enum Prefix : unsigned { kNone = 0, k66 = 1, kF3 = 2, kF2 = 3 };

thread_local SoftTiles tiles;
struct sigaction handler_before;

/// The byte after the instruction; nullptr for one that is not of AMX or would raise an exception.
const std::uint8_t* carry_out(const std::uint8_t* at, const greg_t* registers) {
  if (at[0] != 0xC4 || (at[1] & 0x1FU) != 2 || (at[2] & 0x84U) != 0) return nullptr;
  const unsigned x = ~(at[1] >> 6U) & 1U, b = ~(at[1] >> 5U) & 1U;
  const unsigned third = ~(at[2] >> 3U) & 0xFU, prefix = at[2] & 3U;
  const std::uint8_t opcode = at[3], modrm = at[4];
  const unsigned tile = modrm >> 3U & 7U;
  const bool memory = modrm >> 6U != 3;
  if (opcode == 0x49 && prefix == kNone && modrm == 0xC0) {
    tiles.release();
    ++counted.released;
    return at + 5;
  }
  if (opcode == 0x49 && prefix == kF2 && (modrm & 0xC7U) == 0xC0) {
    if (!tiles.configured(tile)) return nullptr;
    tiles.zero(tile);
    return at + 5;
  }
  if (opcode == 0x5C && prefix == kF3 && !memory) {
    const unsigned first = modrm & 7U;
    if (!tiles.configured(tile) || !tiles.configured(first) || !tiles.configured(third) ||
        tile == first || tile == third || first == third)
      return nullptr;
    tiles.dot(tile, first, third);
    ++counted.multiplied;
    return at + 5;
  }
  if (!memory) return nullptr;
  const MemoryOperand o = operand_at(at + 4, x, b, 1, registers);
  auto* bytes = reinterpret_cast<std::uint8_t*>(o.base);
  const auto stride = static_cast<std::int64_t>(o.index);
  if (opcode == 0x49 && prefix == kNone && tile == 0) {
    if (!tiles.configure(bytes)) return nullptr;
    ++counted.configured;
    return o.end;
  }
  if (opcode != 0x4B || !tiles.configured(tile)) return nullptr;
  if (prefix == kF2 || prefix == k66) {
    tiles.load(tile, bytes, stride);
    ++counted.loaded;
    return o.end;
  }
  if (prefix == kF3) {
    tiles.store(tile, bytes, stride);
    ++counted.stored;
    if (stride != SoftTiles::kRowBytes) ++counted.scattered;
    return o.end;
  }
  return nullptr;
}

void on_illegal(int, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* next =
      carry_out(reinterpret_cast<const std::uint8_t*>(registers[REG_RIP]), registers);
  if (next == nullptr) {
    sigaction(SIGILL, &handler_before, nullptr);  // met again, it ends the program
    return;
  }
  registers[REG_RIP] = reinterpret_cast<greg_t>(next);
}
#endif

}  // namespace

AmxTraps::AmxTraps() {
  for (auto* c : {&counted.configured, &counted.released, &counted.loaded, &counted.stored,
                  &counted.scattered, &counted.multiplied})
    *c = 0;
#if defined(__x86_64__) && defined(__linux__)
  struct sigaction action {};
  action.sa_sigaction = on_illegal;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGILL, &action, &handler_before);
#endif
}

AmxTraps::~AmxTraps() {
#if defined(__x86_64__) && defined(__linux__)
  sigaction(SIGILL, &handler_before, nullptr);
#endif
}

AmxTraps::Counts AmxTraps::counts() {
  return {counted.configured, counted.released,  counted.loaded,
          counted.stored,     counted.scattered, counted.multiplied};
}

}  // namespace perfmodel::kernels
