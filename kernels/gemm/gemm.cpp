#include "kernels/gemm/gemm.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace perfmodel::kernels {

namespace {

using gemm_detail::Functions;
using gemm_detail::kAllTiles;
using gemm_detail::kPanel;
using gemm_detail::kTileColumns;
using gemm_detail::Layout;
using gemm_detail::Tile;

/// Columns decoded at a time: with 32 channels in FP32 or BF16 pairs a buffer of 32 KiB, for L1.
constexpr std::int64_t kChunkFp32 = 256, kChunkPairs = 512;
/// The same where nothing is decoded: fewer chunks are fewer passes over C. Measured: 2048 columns
/// beat 512 by a tenth.
constexpr std::int64_t kChunkDirect = 2048;
/// Scales of the blocks of a chunk: 32 columns or more where weights are decoded, 128 where only
/// activations have scales.
constexpr std::int64_t kMostBlocks = kChunkPairs / kMxBlock;
static_assert(kChunkDirect / kBlock <= kMostBlocks && kChunkFp32 / kMxBlock <= kMostBlocks);
/// Packed activations that are in use at a time, in bytes: an L2 cache, of which the rows of the
/// next tile are what matters. Longer stretches of k mean fewer passes over C, which is the larger
/// evil.
constexpr std::int64_t kActivationBytes = 1 << 20;
/// Panels that a thread takes at a time, so that the one whose weights it prefetches is its own.
constexpr std::int64_t kPanelsAtOnce = 4;
/// Rows packed at a time. Weights are decoded anew for each such wave, so it must not be small.
constexpr std::int64_t kWaveRows = 252;
/// The same where tiles multiply faster than weights are decoded.
constexpr std::int64_t kWaveRowsOfTiles = 512;

/// Bytes of a value as it is multiplied.
std::int64_t weight_bytes(const Functions& f) {
  return f.layout == Layout::plain ? 4 : f.layout == Layout::pairs ? 2 : 2 * f.weight_parts;
}
std::int64_t activation_bytes(const Functions& f) {
  return f.layout == Layout::plain ? 4 : f.layout == Layout::pairs ? 2 : 2 * f.activation_parts;
}

/// Rows of one group that make up a tile.
struct TileRows {
  std::int64_t first, count;
};

/// The tiles of one group within a wave: `tiles` from `first_tile`, counted within the wave.
struct Segment {
  const PackedWeights* weights;
  std::int64_t first_tile, tiles;
};

struct Wave {
  std::vector<TileRows> tiles;
  std::vector<Segment> segments;
};

/// Rows of the tiles that `rows` are cut into: as few tiles as there can be, and of one size, as a
/// tile of a few rows keeps the units no better busy than one of eight. Half tiles of AMX are left
/// whole.
std::int64_t even_height(std::int64_t rows, const Functions& f) {
  if (rows <= f.tile_rows) return f.tile_rows;
  const std::int64_t tiles = (rows + f.tile_rows - 1) / f.tile_rows;
  const std::int64_t height = (rows + tiles - 1) / tiles;
  return f.layout == Layout::tiles ? (height + 15) / 16 * 16 : height;
}

std::vector<Wave> plan(std::span<const PackedWeights* const> weights,
                       std::span<const std::int64_t> offsets, const Functions& f) {
  std::vector<Wave> waves(1);
  const std::int64_t tile_rows = f.tile_rows;
  const std::int64_t rows = f.layout == Layout::tiles ? kWaveRowsOfTiles : kWaveRows;
  const std::int64_t most = std::max<std::int64_t>(rows / tile_rows, 1);
  for (std::size_t g = 0; g < weights.size(); ++g) {
    const std::int64_t height = even_height(offsets[g + 1] - offsets[g], f);
    for (std::int64_t row = offsets[g]; row < offsets[g + 1]; row += height) {
      if (static_cast<std::int64_t>(waves.back().tiles.size()) == most) waves.emplace_back();
      Wave& wave = waves.back();
      if (wave.segments.empty() || wave.segments.back().weights != weights[g])
        wave.segments.push_back({weights[g], static_cast<std::int64_t>(wave.tiles.size()), 0});
      wave.tiles.push_back({row, std::min(height, offsets[g + 1] - row)});
      ++wave.segments.back().tiles;
    }
  }
  return waves;
}

/// Of all tiers.
constexpr std::int64_t kMostTileRows = 32;

/// What all threads of one call share.
struct Job {
  const Activations& a;
  float* c;
  std::int64_t c_stride;
  const Functions& f;
  std::int64_t padded, chunk, outer;  // columns: of all, decoded at a time, packed at a time
  std::int64_t element;               // bytes of a packed activation
  std::uint8_t* packed;               // [tile][outer][tile_rows]
  float* row_scales;                  // [tile][outer / 128][tile_rows]; nullptr for 16-bit codes

  std::int64_t tile_bytes() const { return outer * f.tile_rows * element; }
  std::int64_t scale_floats() const { return outer / kBlock * f.tile_rows; }
};

/// Fast decoders take E4M3's NaN for 480. Weights with any go to the scalar tier; activations,
/// which change from call to call, make their row NaN by its scale.
bool some_nan(const std::uint8_t (&codes)[kBlock * 2]) {
  int nan = 0;
  for (std::int64_t i = 0; i < kBlock; ++i) nan |= (codes[i] & 0x7F) == 0x7F ? 1 : 0;
  return nan != 0;
}

/// Columns [k0, k1) of the rows of one tile, in the order that its multiplication reads.
void pack_tile(const Job& job, const TileRows& rows, std::int64_t tile, std::int64_t k0,
               std::int64_t k1) noexcept {
  alignas(kCacheLine) std::uint8_t codes[kBlock * 2];
  alignas(kCacheLine) float wide[kBlock];
  std::uint8_t* out = job.packed + tile * job.tile_bytes();
  const std::int64_t code_bytes = bits_of(job.a.format()) / 8;
  const std::int64_t height = job.f.tile_rows;
  // 32-bit words (one FP32, one pair of BF16) of a row that lie together: one, or a row of a tile.
  const std::int64_t together = job.f.layout == Layout::tiles ? kTileColumns / 2 : 1;
  for (std::int64_t r = 0; r < rows.count; ++r) {
    const std::uint8_t* row = job.a.row(rows.first + r);
    for (std::int64_t k = k0; k < k1; k += kBlock) {
      const std::int64_t valid = std::clamp<std::int64_t>(job.a.columns() - k, 0, kBlock);
      std::memset(codes, 0, sizeof codes);
      std::memcpy(codes, row + k * code_bytes, static_cast<std::size_t>(valid * code_bytes));
      job.f.activations(codes, kBlock, wide);
      const std::int64_t words = kBlock * job.element / 4;
      auto* to = reinterpret_cast<float*>(out) + (k - k0) * job.element / 4 * height + r * together;
      if (together == 1) {
        for (std::int64_t i = 0; i < words; ++i) to[i * height] = wide[i];
      } else {
        for (std::int64_t i = 0; i < words; i += together)
          std::memcpy(to + i * height, wide + i, kTileColumns * 2);
      }
      if (job.row_scales != nullptr) {
        const float scale = job.a.row_scales(rows.first + r)[k / kBlock];
        job.row_scales[tile * job.scale_floats() + (k - k0) / kBlock * height + r] =
            job.a.format() == Format::e4m3 && some_nan(codes) ? NAN : scale;
      }
    }
  }
}

/// One panel of weights, columns [k0, k1), times all tiles of a segment.
void multiply_panel(const Job& job, const Wave& wave, const Segment& s, std::int64_t panel,
                    std::int64_t k0, std::int64_t k1, std::uint8_t* scratch) noexcept {
  const PackedWeights& w = *s.weights;
  auto* scales = reinterpret_cast<float*>(scratch);
  float* partial = scales + kMostBlocks * kPanel;
  std::uint8_t* decoded = reinterpret_cast<std::uint8_t*>(partial + kMostTileRows * kPanel);
  const std::int64_t columns = std::min(kPanel, w.rows() - panel * kPanel);
  const std::int64_t column_bytes = kPanel * bits_of(w.spec().format) / 8;
  const std::int64_t height = job.f.tile_rows;
  const bool fused = job.f.fused != nullptr && s.tiles <= job.f.fused_tiles;
  const gemm_detail::TileFn multiply = fused ? job.f.fused : job.f.tile;
  for (std::int64_t k = k0; k < k1; k += job.chunk) {
    const std::int64_t depth = std::min(job.chunk, k1 - k);
    // Row scales change every 128 columns, so a block may be no longer where there are any.
    std::int64_t block = std::min(w.block_columns(), depth);
    if (job.row_scales != nullptr) block = std::min(block, kBlock);
    std::int64_t blocks = depth / block;
    for (std::int64_t i = 0; i < blocks; ++i)
      w.scales(panel, (k + i * block) / w.block_columns(), scales + i * kPanel);
    const std::uint8_t* codes = w.panel(panel) + k * column_bytes;
    Tile tile{};
    tile.b = codes;
    if (job.f.weights != nullptr && !fused) {
      job.f.weights(codes, depth * kPanel, decoded);
      tile.b = decoded;
    }
    if (w.folds()) {
      for (std::int64_t i = 0; i < blocks; ++i)
        job.f.fold(decoded + i * block * kPanel * 2, block, scales + i * kPanel);
      block = job.row_scales == nullptr ? depth : kBlock;
      blocks = depth / block;
      std::fill_n(scales, blocks * kPanel, 1.0F);
    }
    tile.blocks = blocks;
    tile.block_columns = block;
    tile.scales = scales;
    tile.first = k == 0;
    // While the first tile is multiplied, the next chunk of weights comes from memory into L2; what
    // follows the last chunk of a panel is, at these columns, in the next panel.
    const std::int64_t next = k + depth < k1 ? 0 : w.panel_bytes() - (k1 - k0) * column_bytes;
    tile.ahead = codes + depth * column_bytes + next;
    tile.ahead_bytes = 2 * column_bytes;
    for (std::int64_t i = s.first_tile; i < s.first_tile + s.tiles; ++i) {
      const TileRows& rows = wave.tiles[static_cast<std::size_t>(i)];
      tile.a = job.packed + i * job.tile_bytes() + (k - k0) * height * job.element;
      tile.rows = rows.count;
      float* row_scales = nullptr;
      float expanded[kMostBlocks * kMostTileRows];
      if (job.row_scales != nullptr) {
        row_scales = job.row_scales + i * job.scale_floats() + (k - k0) / kBlock * height;
        if (block < kBlock) {
          for (std::int64_t b = 0; b < blocks; ++b)
            std::copy_n(row_scales + b * block / kBlock * height, height, expanded + b * height);
          row_scales = expanded;
        }
      }
      tile.row_scales = row_scales;
      float* c = job.c + rows.first * job.c_stride + panel * kPanel;
      tile.c = c;
      tile.c_stride = job.c_stride;
      if (columns == kPanel) {
        multiply(tile);
        tile.ahead_bytes = 0;  // fetched
        continue;
      }
      // The last panel may be narrower than a tile.
      tile.c = partial;
      tile.c_stride = kPanel;
      for (std::int64_t r = 0; r < rows.count && !tile.first; ++r)
        std::copy_n(c + r * job.c_stride, columns, partial + r * kPanel);
      multiply(tile);
      for (std::int64_t r = 0; r < rows.count; ++r)
        std::copy_n(partial + r * kPanel, columns, c + r * job.c_stride);
    }
  }
}

void run_wave(Job& job, const Wave& wave, Team& team) {
  std::int64_t panels = 0;
  for (const Segment& s : wave.segments) panels += s.weights->panels();
  const auto tiles = static_cast<std::int64_t>(wave.tiles.size());
  const std::size_t scratch_bytes = static_cast<std::size_t>(
      (kMostBlocks + kMostTileRows) * kPanel * 4 + job.chunk * kPanel * weight_bytes(job.f));
  std::vector<std::uint8_t*> scratch;
  for (int t = 0; t < team.size(); ++t) scratch.push_back(team.scratch(t, scratch_bytes));
  for (std::int64_t k0 = 0; k0 < job.padded; k0 += job.outer) {
    const std::int64_t k1 = std::min(job.padded, k0 + job.outer);
    std::atomic<std::int64_t> next_tile{0}, next_panel{0};
    team.run([&](int thread) noexcept {
      for (std::int64_t i = next_tile++; i < tiles; i = next_tile++)
        pack_tile(job, wave.tiles[static_cast<std::size_t>(i)], i, k0, k1);
      team.barrier();
      if (job.f.enter != nullptr) job.f.enter();
      std::int64_t before = 0;
      auto segment = wave.segments.begin();
      for (std::int64_t i = next_panel += kPanelsAtOnce; i < panels + kPanelsAtOnce;
           i = next_panel += kPanelsAtOnce) {
        for (std::int64_t p = i - kPanelsAtOnce; p < std::min(i, panels); ++p) {
          while (p - before >= segment->weights->panels()) {
            before += segment->weights->panels();
            ++segment;
          }
          multiply_panel(job, wave, *segment, p - before, k0, k1,
                         scratch[static_cast<std::size_t>(thread)]);
        }
      }
      if (job.f.leave != nullptr) job.f.leave();
    });
  }
}

/// Of groups whose matrices have the same functions.
void multiply(std::span<const PackedWeights* const> weights, std::span<const std::int64_t> offsets,
              const Activations& a, std::span<float> c, const Exec& exec) {
  if (offsets.front() == offsets.back()) return;
  const PackedWeights& w = *weights[0];
  const Functions& f = w.functions();
  Job job{a, c.data(), w.rows(), f, w.padded_columns(), 0, 0, 0, nullptr, nullptr};
  job.element = activation_bytes(f);
  const bool unbuffered = (f.layout == Layout::pairs && f.weights == nullptr) ||
                          (f.fused != nullptr && f.fused_tiles == kAllTiles);
  job.chunk = unbuffered ? kChunkDirect : weight_bytes(f) == 2 ? kChunkPairs : kChunkFp32;
  const auto waves = plan(weights, offsets, f);
  const auto tiles = static_cast<std::int64_t>(waves.front().tiles.size());
  const std::int64_t fit = kActivationBytes / (tiles * f.tile_rows * job.element);
  job.outer = std::min(std::max(fit / job.chunk, std::int64_t{1}) * job.chunk, job.padded);
  const auto packed = static_cast<std::size_t>(tiles * job.tile_bytes());
  const auto scales = static_cast<std::size_t>(tiles * job.scale_floats()) * sizeof(float);
  job.packed = exec.team.shared_scratch(packed + scales);
  if (a.row_scales(0) != nullptr) job.row_scales = reinterpret_cast<float*>(job.packed + packed);
  for (const Wave& wave : waves) run_wave(job, wave, exec.team);
}

}  // namespace

Activations::Activations(Format format, std::span<const std::uint16_t> codes, std::int64_t columns)
    : format_(format),
      rows_(columns > 0 ? static_cast<std::int64_t>(codes.size()) / columns : 0),
      columns_(columns),
      row_bytes_(2 * columns),
      codes_(reinterpret_cast<const std::uint8_t*>(codes.data())) {
  if (bits_of(format) != 16 || columns < 1 ||
      static_cast<std::int64_t>(codes.size()) != rows_ * columns)
    throw std::invalid_argument("activations: rows of 16-bit codes are needed");
}

Activations::Activations(const Quantised& q)
    : format_(q.spec().format),
      rows_(q.rows()),
      columns_(q.columns()),
      row_bytes_(q.row_bytes()),
      codes_(q.codes()),
      scales_(q.scales().data()),
      scale_columns_(q.scale_columns()) {
  if (q.spec().scheme != ScaleScheme::row_1x128 || q.spec().scale_type != ScaleType::fp32)
    throw std::invalid_argument("activations: 1x128 scales in FP32 are needed");
}

const float* Activations::row_scales(std::int64_t r) const {
  return scales_ == nullptr ? nullptr : scales_ + r * scale_columns_;
}

void grouped_gemm(std::span<const PackedWeights* const> weights,
                  std::span<const std::int64_t> offsets, const Activations& a, std::span<float> c,
                  const Exec& exec) {
  if (weights.empty() || offsets.size() != weights.size() + 1 || offsets.front() != 0 ||
      offsets.back() != a.rows() || !std::is_sorted(offsets.begin(), offsets.end()))
    throw std::invalid_argument("grouped gemm: offsets must cover the rows in order");
  const PackedWeights& w = *weights[0];
  for (const PackedWeights* other : weights) {
    if (other->rows() != w.rows() || other->columns() != w.columns() ||
        !(other->spec() == w.spec()) || other->activations() != a.format() ||
        other->tier() != exec.tier)
      throw std::invalid_argument(
          "grouped gemm: matrices of one kind, packed for this tier, are needed");
  }
  if (a.columns() != w.columns() || static_cast<std::int64_t>(c.size()) != a.rows() * w.rows())
    throw std::invalid_argument("gemm: the sizes do not fit");
  if (!can_run(exec.tier)) throw std::invalid_argument("gemm: this machine cannot run the tier");
  if (c.empty()) return;
  if (w.padded_columns() == 0) {
    std::fill(c.begin(), c.end(), 0.0F);
    return;
  }
  // Matrices with NaN have functions of their own, so there may be several runs of groups.
  for (std::size_t first = 0; first < weights.size();) {
    const gemm_detail::TileFn tile = weights[first]->functions().tile;
    std::size_t last = first + 1;
    while (last < weights.size() && weights[last]->functions().tile == tile) ++last;
    multiply(weights.subspan(first, last - first), offsets.subspan(first, last - first + 1), a, c,
             exec);
    first = last;
  }
}

void gemm(const PackedWeights& w, const Activations& a, std::span<float> c, const Exec& exec) {
  const PackedWeights* weights[] = {&w};
  const std::int64_t offsets[] = {0, a.rows()};
  grouped_gemm(weights, offsets, a, c, exec);
}

}  // namespace perfmodel::kernels
