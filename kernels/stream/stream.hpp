// The stream set: what memory and arithmetic units give when nothing else is asked of them. These
// are the roofs that the other kernels are held against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/registry/descriptor.hpp"
#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels {

using StreamOp = stream_detail::Op;

std::vector<Tier> stream_tiers(StreamOp op);
/// The function for one thread's part; nullptr where the tier does not have the operation.
stream_detail::Fn find_stream(Tier tier, StreamOp op);

/// Operands of equal size, a multiple of 256 per thread; what the operation does not use may be
/// empty. Each thread takes one contiguous part. Returns the sum for `read`. Throws
/// std::invalid_argument for sizes that do not fit, outputs off a cache line, and tiers without the
/// operation.
float stream(StreamOp op, std::span<const float> a, std::span<const float> b, std::span<float> c,
             float s, const Exec& exec);

/// Runs `count` multiply-adds (two operations each) in registers, split over the threads.
float multiply_adds(std::int64_t count, const Exec& exec);

}  // namespace perfmodel::kernels
