// Formatting with a choice of prefixes; the public face is format_quantity in text.hpp.
#pragma once

#include <string>

#include "units/unit_table.hpp"

namespace perfmodel {

/// As format_quantity, with decimal or binary prefixes.
std::string format_with_prefix(double base_value, const DimExponents& dimension, UnitPrefix prefix,
                               int digits = 4);

}  // namespace perfmodel
