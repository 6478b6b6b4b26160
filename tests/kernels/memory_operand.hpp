// Memory operands of instructions, from their bytes and the registers of a signal (Intel SDM volume
// 2A, section 2.1). Linux on x86-64.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <cstring>

namespace perfmodel::kernels {

/// The address is the sum of both parts; an index of its own stands for the stride of a tile.
struct MemoryOperand {
  std::uint64_t base, index;
  const std::uint8_t* end;  // of the operand's bytes
};

inline std::uint64_t value_of(const greg_t* registers, unsigned number) {
  constexpr int kOrder[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                            REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return static_cast<std::uint64_t>(registers[kOrder[number]]);
}

/// `x` and `b` are the prefix's upper bits of index and base, `unit` what a displacement of one
/// byte counts in: EVEX scales it by the size of the operand.
inline MemoryOperand operand_at(const std::uint8_t* modrm, unsigned x, unsigned b,
                                std::int64_t unit, const greg_t* registers) {
  const unsigned mode = *modrm >> 6;
  unsigned base = *modrm & 7U;
  const std::uint8_t* p = modrm + 1;
  MemoryOperand o{0, 0, nullptr};
  const bool relative = mode == 0 && base == 5;
  bool bare = false;
  if (base == 4) {
    const unsigned sib = *p++;
    const unsigned index = (sib >> 3 & 7U) | x << 3;
    if (index != 4) o.index = value_of(registers, index) << (sib >> 6);
    base = sib & 7U;
    bare = mode == 0 && base == 5;
  }
  if (!relative && !bare) o.base = value_of(registers, base | b << 3);
  if (mode == 1) {
    o.base += static_cast<std::uint64_t>(unit * static_cast<std::int8_t>(*p++));
  } else if (mode == 2 || relative || bare) {
    std::int32_t far = 0;
    std::memcpy(&far, p, sizeof far);
    p += sizeof far;
    o.base += static_cast<std::uint64_t>(far);
  }
  if (relative) o.base += reinterpret_cast<std::uint64_t>(p);
  o.end = p;
  return o;
}

}  // namespace perfmodel::kernels
