// What an operator must do at least, and the time below which it cannot be on a chip. A measured
// row under that time is wrong in its shape, its chip or its timer, or ran from a cache.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "calibrate/operator_timing.hpp"
#include "hw/chip.hpp"

namespace perfmodel::calibrate {

/// Lower bounds: causal attention counts the lower triangle alone, scales of blocks and results
/// count nothing, groups without rows need no weights. What a row does not say counts nothing.
struct LeastWork {
  Ops matrix;
  Bytes read;  // from the device's memory, if no cache holds it
  Bytes sent;  // by one device over its links, by any algorithm
};
LeastWork least_work(const OperatorTiming& t);

enum class Roof : std::uint8_t { matrix, memory, link };

struct LeastTime {
  Time time;
  Roof roof = Roof::matrix;
};

/// The longest of the times that the high ends of the chip's figures allow, shared among its
/// devices; empty where nothing that the row needs is known. The memory counts only where more is
/// read than the last-level cache holds; where that is not known, than any chip's cache would.
std::optional<LeastTime> least_time(const OperatorTiming& t, const hw::Chip& chip);

/// Empty if the row is possible or carries a flag, else what is wrong with it.
std::string above_peak(const OperatorTiming& t, const hw::Chip& chip);

}  // namespace perfmodel::calibrate
