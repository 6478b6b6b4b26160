// AVX512-FP16 on machines that lack it.
#pragma once

#include <cstdint>

#include "kernels/gemv/gemv_rows.hpp"

namespace perfmodel::kernels {

/// The body of the GEMV tier over vectors in software; nullptrs where the tier lacks the
/// combination.
gemv_detail::Functions find_fp16_emulated(Format weights, gemv_detail::Step step,
                                          Format activations);

/// While it exists, the instructions of AVX512-FP16 that the tier's units contain are carried out
/// in software where the processor does not know them, one by one, in all threads.
class Fp16Traps {
 public:
  Fp16Traps();
  ~Fp16Traps();
  Fp16Traps(const Fp16Traps&) = delete;
  Fp16Traps& operator=(const Fp16Traps&) = delete;

  struct Counts {
    std::int64_t multiplied = 0, multiply_added = 0;
  };
  static Counts counts();
};

}  // namespace perfmodel::kernels
