#include "model/resize.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"
#include "model/resize_taps.h"

namespace glimpse {
namespace {

constexpr int kRows = 16;  // rows a horizontal tile handles side by side, so that its inner loop is contiguous
constexpr int kLanes = 3 * kRows;    // channels x rows
constexpr int kColumns = 768;        // bytes of a row a vertical step accumulates on the stack

struct Plane {
  const uint8_t* from;
  uint8_t* to;
  int64_t in_width, out_width, rows;  // horizontal: pixels; vertical: bytes a row and 0
};

inline __attribute__((always_inline)) void store_clamped(const int32_t* sum, uint8_t* to, int count, int precision) {
  for (int i = 0; i < count; ++i) {
    to[i] = static_cast<uint8_t>(std::min(std::max(sum[i] >> precision, 0), 255));
  }
}

inline __attribute__((always_inline)) void add_scaled(const uint8_t* from, int32_t weight, int32_t* sum, int count) {
  for (int i = 0; i < count; ++i) sum[i] += weight * from[i];
}

// Rows [row, row + kRows) of a horizontal pass; `tile` holds in_width * kLanes bytes: [x][channel][row].
inline __attribute__((always_inline)) void horizontal_tile(const Plane& p, const ResizeTaps& taps, int64_t row,
                                                           uint8_t* tile) {
  const int rows = static_cast<int>(std::min<int64_t>(kRows, p.rows - row));
  for (int r = 0; r < rows; ++r) {
    const uint8_t* from = p.from + (row + r) * p.in_width * 3;
    for (int64_t i = 0; i < p.in_width * 3; ++i) tile[i * kRows + r] = from[i];
  }
  for (int64_t o = 0; o < p.out_width; ++o) {
    int32_t sum[kLanes];
    std::fill(sum, sum + kLanes, int32_t{1} << (taps.precision - 1));
    const int32_t* weight = &taps.weight[static_cast<size_t>(o * taps.stride)];
    const uint8_t* from = tile + taps.first[static_cast<size_t>(o)] * kLanes;
    for (int64_t k = 0; k < taps.count[static_cast<size_t>(o)]; ++k)
      add_scaled(from + k * kLanes, weight[k], sum, kLanes);
    uint8_t out[kLanes];
    store_clamped(sum, out, kLanes, taps.precision);
    for (int r = 0; r < rows; ++r) {
      uint8_t* to = p.to + ((row + r) * p.out_width + o) * 3;
      for (int c = 0; c < 3; ++c) to[c] = out[c * kRows + r];
    }
  }
}

// Output row `o` of a vertical pass over rows of in_width bytes.
inline __attribute__((always_inline)) void vertical_row(const Plane& p, const ResizeTaps& taps, int64_t o) {
  const int32_t* weight = &taps.weight[static_cast<size_t>(o * taps.stride)];
  for (int64_t x = 0; x < p.in_width; x += kColumns) {
    const int count = static_cast<int>(std::min<int64_t>(kColumns, p.in_width - x));
    int32_t sum[kColumns];
    std::fill(sum, sum + count, int32_t{1} << (taps.precision - 1));
    const uint8_t* from = p.from + taps.first[static_cast<size_t>(o)] * p.in_width + x;
    for (int64_t k = 0; k < taps.count[static_cast<size_t>(o)]; ++k)
      add_scaled(from + k * p.in_width, weight[k], sum, count);
    store_clamped(sum, p.to + o * p.in_width + x, count, taps.precision);
  }
}

// The same loops compiled twice: exact integers, so both give the same bits. 32-bit products need AVX2 to be fast.
void horizontal_base(const Plane& p, const ResizeTaps& t, int64_t row, uint8_t* tile) {
  horizontal_tile(p, t, row, tile);
}
void vertical_base(const Plane& p, const ResizeTaps& t, int64_t o) { vertical_row(p, t, o); }
__attribute__((target("avx2"))) void horizontal_avx2(const Plane& p, const ResizeTaps& t, int64_t row, uint8_t* tile) {
  horizontal_tile(p, t, row, tile);
}
__attribute__((target("avx2"))) void vertical_avx2(const Plane& p, const ResizeTaps& t, int64_t o) {
  vertical_row(p, t, o);
}

Image resize_width(const Image& image, int64_t width, ResizeArithmetic arithmetic, int threads) {
  const ResizeTaps taps = make_resize_taps(image.width, width, arithmetic);
  Image out{image.height, width, std::vector<uint8_t>(static_cast<size_t>(image.height * width * 3))};
  const Plane plane{image.pixels.data(), out.pixels.data(), image.width, width, image.height};
  const auto pass = __builtin_cpu_supports("avx2") ? horizontal_avx2 : horizontal_base;
  const size_t tile_bytes = static_cast<size_t>(image.width) * kLanes;
  std::vector<uint8_t> tiles(tile_bytes * static_cast<size_t>(threads));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int64_t row = 0; row < image.height; row += kRows) {
    pass(plane, taps, row, &tiles[tile_bytes * static_cast<size_t>(omp_get_thread_num())]);
  }
  return out;
}

Image resize_height(const Image& image, int64_t height, ResizeArithmetic arithmetic, int threads) {
  const ResizeTaps taps = make_resize_taps(image.height, height, arithmetic);
  Image out{height, image.width, std::vector<uint8_t>(static_cast<size_t>(height * image.width * 3))};
  const Plane plane{image.pixels.data(), out.pixels.data(), image.width * 3, 0, 0};
  const auto pass = __builtin_cpu_supports("avx2") ? vertical_avx2 : vertical_base;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
  for (int64_t row = 0; row < height; ++row) pass(plane, taps, row);
  return out;
}

bool vertical_first(const Image& image, int64_t height, int64_t width, PassOrder order) {
  if (height >= image.height || order == PassOrder::kHorizontalFirst) return false;
  if (order == PassOrder::kPillow12) return image.height > 100 * image.width;
  return image.height - height > 2 * (image.width - width);
}

}  // namespace

PassOrder parse_pass_order(std::string_view name) {
  if (name == "pillow13") return PassOrder::kPillow13;
  if (name == "pillow12") return PassOrder::kPillow12;
  GLIMPSE_CHECK(name == "horizontal_first", "pass order \"%.40s\": must be pillow13, pillow12 or horizontal_first",
                std::string(name).c_str());
  return PassOrder::kHorizontalFirst;
}

Image resize_bicubic(const Image& image, int64_t height, int64_t width, ResizeArithmetic arithmetic, PassOrder order,
                     int threads) {
  GLIMPSE_CHECK(height > 0 && width > 0 && image.height > 0 && image.width > 0,
                "resizing %lldx%lld to %lldx%lld: every side must be at least 1", static_cast<long long>(image.width),
                static_cast<long long>(image.height), static_cast<long long>(width), static_cast<long long>(height));
  const bool rows_first =
      arithmetic == ResizeArithmetic::kPillow && vertical_first(image, height, width, order);
  if (threads <= 0) threads = usable_threads();
  if (width == image.width) return height == image.height ? image : resize_height(image, height, arithmetic, threads);
  if (height == image.height) return resize_width(image, width, arithmetic, threads);
  return rows_first ? resize_width(resize_height(image, height, arithmetic, threads), width, arithmetic, threads)
                    : resize_height(resize_width(image, width, arithmetic, threads), height, arithmetic, threads);
}

}  // namespace glimpse
