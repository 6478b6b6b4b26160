// Instructions of AVX512-FP16 from their bytes. Intel SDM volume 2: EVEX prefix of four bytes, maps
// 5 and 6. Those are known here that compilers make of kernels/simd/halves.hpp, in their forms of
// 512 bits without masks (structure.fp16_objects).
#include <array>
#include <atomic>
#include <csignal>

#include "fp16_emulated.hpp"
#include "soft_halves.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>

#include "memory_operand.hpp"
#endif

namespace perfmodel::kernels {

namespace {

struct {
  std::atomic<std::int64_t> multiplied{0}, multiply_added{0};
} halves_counted;

#if defined(__x86_64__) && defined(__linux__)
struct sigaction halves_before;

/// Where the parts of registers lie. Asked for once, as a virtual machine answers CPUID slowly.
struct {
  std::size_t upper_ymm = 0, upper_zmm = 0, upper_16 = 0;
} saved_at;

std::size_t offset_of(unsigned component) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid_count(0xD, component, &a, &b, &c, &d);
  return b;
}

using Zmm = std::array<std::uint16_t, 32>;

/// The vector registers that a signal saved: the XSAVE area in its standard form (Intel SDM volume
/// 1, section 13.4), where the 512 bits of a register lie in up to three parts.
class VectorState {
 public:
  explicit VectorState(void* area) : area_(static_cast<std::uint8_t*>(area)) {
    // A component that is marked as initial was not written, and is zero.
    std::uint64_t present = 0;
    std::memcpy(&present, area_ + kHeader, sizeof present);
    for (const auto& [number, at, size] :
         {Component{1, kXmm, 256}, Component{2, saved_at.upper_ymm, 256},
          Component{6, saved_at.upper_zmm, 512}, Component{7, saved_at.upper_16, 1024}}) {
      if ((present >> number & 1U) == 0) std::memset(area_ + at, 0, size);
      present |= std::uint64_t{1} << number;
    }
    std::memcpy(area_ + kHeader, &present, sizeof present);
  }

  /// Whether the system saved more than the registers of SSE; it marks such areas.
  static bool extended(const void* area) {
    std::uint32_t magic = 0;
    std::memcpy(&magic, static_cast<const std::uint8_t*>(area) + kSystem, sizeof magic);
    return magic == FP_XSTATE_MAGIC1;
  }

  Zmm read(unsigned number) const {
    Zmm v{};
    parts(number, [&](std::size_t at, std::uint8_t* saved, std::size_t size) {
      std::memcpy(reinterpret_cast<std::uint8_t*>(v.data()) + at, saved, size);
    });
    return v;
  }
  void write(unsigned number, const Zmm& v) const {
    parts(number, [&](std::size_t at, std::uint8_t* saved, std::size_t size) {
      std::memcpy(saved, reinterpret_cast<const std::uint8_t*>(v.data()) + at, size);
    });
  }

 private:
  static constexpr std::size_t kXmm = 160, kSystem = 464, kHeader = 512;
  struct Component {
    unsigned number;
    std::size_t at, size;
  };

  template <class F>
  void parts(unsigned number, F f) const {
    if (number >= 16) {
      f(0, area_ + saved_at.upper_16 + std::size_t{64} * (number - 16), 64);
      return;
    }
    f(0, area_ + kXmm + std::size_t{16} * number, 16);
    f(16, area_ + saved_at.upper_ymm + std::size_t{16} * number, 16);
    f(32, area_ + saved_at.upper_zmm + std::size_t{32} * number, 32);
  }

  std::uint8_t* area_;
};

Zmm products_and_sums(const Zmm& a, const Zmm& b, const Zmm& c) {
  Zmm v{};
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = multiply_add_halves(a[i], b[i], c[i]);
  ++halves_counted.multiply_added;
  return v;
}

/// The byte after the instruction; nullptr for one that is not known here.
const std::uint8_t* carry_out_halves(const std::uint8_t* at, const greg_t* registers, void* area) {
  // 62, RXBR'0mmm, Wvvvv1pp, zLLbV'aaa, opcode; register numbers are inverted.
  if (at[0] != 0x62 || !VectorState::extended(area)) return nullptr;
  const unsigned map = at[1] & 0xFU, w_and_prefix = at[2] & 0x87U, opcode = at[4];
  const bool of_memory = at[5] >> 6U != 3, broadcast = (at[3] & 0x10U) != 0;
  constexpr unsigned kNoPrefix = 4, k66 = 5;
  constexpr unsigned kMasksAndLength = 0xE7, k512 = 0x40;
  if ((at[3] & kMasksAndLength) != k512) return nullptr;
  const bool multiplies = map == 5 && w_and_prefix == kNoPrefix && opcode == 0x59;
  const bool of_map6 = map == 6 && w_and_prefix == k66;
  const bool widens = of_map6 && opcode == 0x13;
  const bool adds = of_map6 && (opcode == 0x98 || opcode == 0xA8 || opcode == 0xB8);
  if (!multiplies && !widens && !adds) return nullptr;
  if (broadcast && !of_memory) return nullptr;  // a rounding of its own

  const unsigned r = ~(at[1] >> 7U) & 1U, x = ~(at[1] >> 6U) & 1U, b = ~(at[1] >> 5U) & 1U;
  const unsigned upper_r = ~(at[1] >> 4U) & 1U, upper_v = ~(at[3] >> 3U) & 1U;
  const unsigned first = (at[5] >> 3U & 7U) | r << 3U | upper_r << 4U;
  const unsigned second = (~(at[2] >> 3U) & 0xFU) | upper_v << 4U;
  const VectorState state(area);
  const std::uint8_t* end = at + 6;
  Zmm third{};
  if (of_memory) {
    const std::size_t size = broadcast ? 2 : widens ? 32 : 64;
    const MemoryOperand o = operand_at(at + 5, x, b, static_cast<std::int64_t>(size), registers);
    std::memcpy(third.data(), reinterpret_cast<const void*>(o.base + o.index), size);
    if (broadcast) third.fill(third[0]);
    end = o.end;
  } else {
    third = state.read((at[5] & 7U) | b << 3U | x << 4U);
  }

  Zmm result{};
  if (multiplies) {
    const Zmm factor = state.read(second);
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = multiply_halves(factor[i], third[i]);
    ++halves_counted.multiplied;
  } else if (widens) {
    std::array<float, 16> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = fp16_to_float(third[i]);
    std::memcpy(result.data(), values.data(), sizeof values);
  } else if (opcode == 0x98) {
    result = products_and_sums(state.read(first), third, state.read(second));
  } else if (opcode == 0xA8) {
    result = products_and_sums(state.read(second), state.read(first), third);
  } else {
    result = products_and_sums(state.read(second), third, state.read(first));
  }
  state.write(first, result);
  return end;
}

void on_illegal_halves(int, siginfo_t*, void* context) {
  auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  const auto* next = carry_out_halves(reinterpret_cast<const std::uint8_t*>(machine.gregs[REG_RIP]),
                                      machine.gregs, machine.fpregs);
  if (next == nullptr) {
    sigaction(SIGILL, &halves_before, nullptr);  // met again, it ends the program
    return;
  }
  machine.gregs[REG_RIP] = reinterpret_cast<greg_t>(next);
}
#endif

}  // namespace

Fp16Traps::Fp16Traps() {
  halves_counted.multiplied = halves_counted.multiply_added = 0;
#if defined(__x86_64__) && defined(__linux__)
  saved_at = {offset_of(2), offset_of(6), offset_of(7)};
  struct sigaction action {};
  action.sa_sigaction = on_illegal_halves;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGILL, &action, &halves_before);
#endif
}

Fp16Traps::~Fp16Traps() {
#if defined(__x86_64__) && defined(__linux__)
  sigaction(SIGILL, &halves_before, nullptr);
#endif
}

Fp16Traps::Counts Fp16Traps::counts() {
  return {halves_counted.multiplied, halves_counted.multiply_added};
}

}  // namespace perfmodel::kernels
