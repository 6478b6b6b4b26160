// GEMM and decode attention by tiles on machines that have none.
#pragma once

#include <cstdint>

#include "kernels/attention/decode_task.hpp"
#include "kernels/gemm/gemm_tile.hpp"

namespace perfmodel::kernels {

/// The body of the tier over tiles in software. `tile` is nullptr where the tier lacks the
/// combination.
gemm_detail::Functions find_amx_emulated(Format weights, Format activations);
attention_detail::PairTier find_attention_emulated(Format cache);

/// While it exists, AMX instructions that the processor does not know are carried out in software,
/// one by one, in all threads: what the compiler made of the tier runs as it is.
class AmxTraps {
 public:
  AmxTraps();
  ~AmxTraps();
  AmxTraps(const AmxTraps&) = delete;
  AmxTraps& operator=(const AmxTraps&) = delete;

  struct Counts {
    std::int64_t configured = 0, released = 0, loaded = 0, stored = 0;
    std::int64_t scattered = 0;  // of those stored, with rows that are not one after the other
    std::int64_t multiplied = 0;
  };
  static Counts counts();
};

}  // namespace perfmodel::kernels
