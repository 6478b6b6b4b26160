#include <stdexcept>
#include <vector>

#include "kernels/moe/moe.hpp"
#include "kernels/stream/stream.hpp"

namespace perfmodel::kernels {

void shuffle_rows(std::span<const float> in, std::int64_t row_floats, std::int64_t partitions,
                  std::span<const std::int64_t> counts, std::span<float> out, const Exec& exec) {
  const StreamOp op = exec.tier == Tier::scalar ? StreamOp::copy : StreamOp::copy_nt;
  const auto f = find_stream(exec.tier, op);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("shuffle: no such tier on this machine");
  std::int64_t rows = 0;
  bool fits = partitions > 0 && row_floats > 0 && row_floats % 32 == 0 &&
              static_cast<std::int64_t>(counts.size()) == partitions * partitions &&
              reinterpret_cast<std::uintptr_t>(out.data()) % kCacheLine == 0;
  for (const std::int64_t n : counts) {
    fits = fits && n >= 0;
    rows += n;
  }
  if (!fits || static_cast<std::int64_t>(in.size()) != rows * row_floats || out.size() != in.size())
    throw std::invalid_argument("shuffle: the sizes do not fit");

  // First row of what `from` sends `to`, in the order of senders and in that of receivers.
  const auto places = [&](bool by_receiver) {
    std::vector<std::int64_t> first(counts.size());
    std::int64_t row = 0;
    for (std::int64_t i = 0; i < partitions; ++i) {
      for (std::int64_t j = 0; j < partitions; ++j) {
        const auto pair =
            static_cast<std::size_t>(by_receiver ? j * partitions + i : i * partitions + j);
        first[pair] = row;
        row += counts[pair];
      }
    }
    return first;
  };
  const auto sent = places(false), received = places(true);
  exec.team.run([&](int thread) noexcept {
    for (std::int64_t to = thread; to < partitions; to += exec.team.size()) {
      // Each begins with the partition after its own, so that not all read from the same one.
      for (std::int64_t i = 1; i <= partitions; ++i) {
        const auto pair = static_cast<std::size_t>((to + i) % partitions * partitions + to);
        stream_detail::Range r{in.data() + sent[pair] * row_floats,
                               nullptr,
                               out.data() + received[pair] * row_floats,
                               0.0F,
                               counts[pair] * row_floats,
                               0.0F,
                               i < partitions,
                               nullptr};
        f(r);
      }
    }
  });
}

}  // namespace perfmodel::kernels
