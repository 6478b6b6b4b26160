// The list of operators.
#pragma once

#include <span>

#include "ops/op.hpp"

namespace perfmodel::ops {

std::span<const OpKind* const> all_kinds();
const OpKind* find_kind(std::string_view id);

}  // namespace perfmodel::ops
