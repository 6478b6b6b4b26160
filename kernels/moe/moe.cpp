#include "kernels/moe/moe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "kernels/stream/stream.hpp"

namespace perfmodel::kernels {

namespace {

void require(bool fits) {
  if (!fits) throw std::invalid_argument("mixture of experts: the sizes do not fit");
}

enum class Order : std::uint8_t { any, sequence };

/// out[to(i)] = in[from(i)] for as many rows as there are indices; `read` is the order of from(i).
template <class From, class To>
void move_rows(Order read, std::span<const float> in, std::int64_t row_floats,
               std::span<const std::int32_t> index, std::span<float> out, std::int64_t limit,
               const Exec& exec, const From& from, const To& to) {
  const StreamOp op = exec.tier == Tier::scalar ? StreamOp::copy : StreamOp::copy_nt;
  const auto f = find_stream(exec.tier, op);
  if (f == nullptr || !can_run(exec.tier))
    throw std::invalid_argument("moving rows: no such tier on this machine");
  require(reinterpret_cast<std::uintptr_t>(out.data()) % kCacheLine == 0);
  for (const std::int32_t i : index) require(i >= 0 && i < limit);
  const auto rows = static_cast<std::int64_t>(index.size());
  // Several rows at a time, far apart in the piece, by turns: each stream has its own hardware
  // prefetcher. None of these knows where the next row lies, so that it is asked for while the one
  // before it is copied. Measured: four streams and turns of 512 bytes, but for short rows that
  // are read anywhere eight streams of whole rows in longer pieces, which are a twentieth faster.
  const bool short_reads = read == Order::any && row_floats <= 512;
  const std::int64_t streams = short_reads ? 8 : 4, turn = short_reads ? row_floats : 128;
  const std::int64_t piece = short_reads ? 1 << 22 : 1 << 20;
  const std::int64_t share = rows / (4 * exec.team.size());
  const std::int64_t grain =
      std::clamp<std::int64_t>(piece / row_floats, 16, std::max<std::int64_t>(share, 16));
  exec.team.for_pieces(rows, grain, [&](std::int64_t begin, std::int64_t end, int) noexcept {
    const auto move = [&](std::int64_t row, std::int64_t next, std::int64_t at) noexcept {
      const std::int64_t count = std::min(turn, row_floats - at);
      stream_detail::Range r{in.data() + from(row) * row_floats + at,
                             nullptr,
                             out.data() + to(row) * row_floats + at,
                             0.0F,
                             count,
                             0.0F,
                             true,
                             in.data() + from(next) * row_floats + at};
      f(r);
    };
    const std::int64_t part = (end - begin) / streams;
    for (std::int64_t i = begin; i < begin + part; ++i) {
      const std::int64_t next = i + 1 < begin + part ? i + 1 : i;
      for (std::int64_t at = 0; at < row_floats; at += turn) {
        for (std::int64_t s = 0; s < streams; ++s) move(i + s * part, next + s * part, at);
      }
    }
    for (std::int64_t i = begin + streams * part; i < end; ++i) {
      for (std::int64_t at = 0; at < row_floats; at += turn) move(i, i, at);
    }
    stream_detail::Range nothing{in.data(), nullptr, out.data(), 0.0F, 0, 0.0F, false, nullptr};
    f(nothing);  // waits for the stores
  });
}

}  // namespace

std::vector<Tier> shuffle_tiers() {
  std::vector<Tier> tiers = stream_tiers(StreamOp::copy_nt);
  tiers.insert(tiers.begin(), Tier::scalar);
  return tiers;
}

void gather_rows(std::span<const float> in, std::int64_t row_floats,
                 std::span<const std::int32_t> index, std::span<float> out, const Exec& exec) {
  require(row_floats > 0 && row_floats % 32 == 0 &&
          in.size() % static_cast<std::size_t>(row_floats) == 0 &&
          out.size() == index.size() * static_cast<std::size_t>(row_floats));
  move_rows(
      Order::any, in, row_floats, index, out, static_cast<std::int64_t>(in.size()) / row_floats,
      exec, [&](std::int64_t i) { return std::int64_t{index[static_cast<std::size_t>(i)]}; },
      [](std::int64_t i) { return i; });
}

void scatter_rows(std::span<const float> in, std::int64_t row_floats,
                  std::span<const std::int32_t> index, std::span<float> out, const Exec& exec) {
  require(row_floats > 0 && row_floats % 32 == 0 &&
          out.size() % static_cast<std::size_t>(row_floats) == 0 &&
          in.size() == index.size() * static_cast<std::size_t>(row_floats));
  move_rows(
      Order::sequence, in, row_floats, index, out,
      static_cast<std::int64_t>(out.size()) / row_floats, exec, [](std::int64_t i) { return i; },
      [&](std::int64_t i) { return std::int64_t{index[static_cast<std::size_t>(i)]}; });
}

void combine_rows(std::span<const float> in, std::int64_t columns,
                  std::span<const std::int32_t> index, std::span<const float> weights,
                  std::span<float> out, const Exec& exec) {
  require(columns > 0 && in.size() % static_cast<std::size_t>(columns) == 0 &&
          out.size() % static_cast<std::size_t>(columns) == 0 && index.size() == weights.size());
  const auto tokens = static_cast<std::int64_t>(out.size()) / columns;
  if (tokens == 0) return require(index.empty());
  const auto top = static_cast<std::int64_t>(index.size()) / tokens;
  const auto limit = static_cast<std::int64_t>(in.size()) / columns;
  require(top * tokens == static_cast<std::int64_t>(index.size()));
  for (const std::int32_t i : index) require(i >= 0 && i < limit);
  exec.team.for_pieces(tokens, 4, [&](std::int64_t begin, std::int64_t end, int) noexcept {
    for (std::int64_t t = begin; t < end; ++t) {
      float* sum = out.data() + t * columns;
      for (std::int64_t i = t * top; i < (t + 1) * top; ++i) {
        const float* row = in.data() + index[static_cast<std::size_t>(i)] * columns;
        const float weight = weights[static_cast<std::size_t>(i)];
        for (std::int64_t c = 0; c < columns; ++c) sum[c] += weight * row[c];
      }
    }
  });
}

void route(std::span<const float> logits, std::int64_t experts, std::int64_t top,
           std::span<std::int32_t> ids, std::span<float> weights, const Exec& exec) {
  require(experts > 0 && top > 0 && top <= experts &&
          logits.size() % static_cast<std::size_t>(experts) == 0);
  const auto tokens = static_cast<std::int64_t>(logits.size()) / experts;
  require(static_cast<std::int64_t>(ids.size()) == tokens * top && weights.size() == ids.size());
  exec.team.for_pieces(tokens, 16, [&](std::int64_t begin, std::int64_t end, int) noexcept {
    for (std::int64_t t = begin; t < end; ++t) {
      const float* row = logits.data() + t * experts;
      std::int32_t* id = ids.data() + t * top;
      float* weight = weights.data() + t * top;
      // The best so far, largest first; a newcomer moves in where it belongs.
      std::int64_t found = 0;
      for (std::int64_t e = 0; e < experts; ++e) {
        if (found == top && !(row[e] > weight[top - 1])) continue;
        std::int64_t at = found < top ? found++ : top - 1;
        for (; at > 0 && row[e] > weight[at - 1]; --at) {
          weight[at] = weight[at - 1];
          id[at] = id[at - 1];
        }
        weight[at] = row[e];
        id[at] = static_cast<std::int32_t>(e);
      }
      float sum = 0.0F;
      const float largest = weight[0];
      for (std::int64_t i = 0; i < top; ++i) sum += weight[i] = std::exp(weight[i] - largest);
      for (std::int64_t i = 0; i < top; ++i) weight[i] /= sum;
    }
  });
}

}  // namespace perfmodel::kernels
