// What somebody may have meant by a unit that does not exist.
#pragma once

#include <string>
#include <string_view>

#include "units/text.hpp"

namespace perfmodel {

/// The unit that `unit` is a usual misspelling of ("TFLOPS" -> "TFLOP/s", "GBps" -> "GB/s", "msec"
/// -> "ms"), of the wanted dimension where there is a choice; empty when there is no guess. A
/// lower-case b says neither bit nor byte, and gives both: "Gbit/s or GB/s".
std::string suggest_unit(std::string_view unit, const DimExponents& wanted);

}  // namespace perfmodel
