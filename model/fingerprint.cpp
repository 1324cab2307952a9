#include "model/fingerprint.h"

#include <cstring>

namespace glimpse {

namespace {

// Eight bytes a step, each mixed by a multiplication and a fold of the high half.
uint64_t mix(uint64_t hash, uint64_t word) {
  const auto product = static_cast<unsigned __int128>(hash ^ word) * 0x9E3779B97F4A7C15u;
  return uint64_t(product) ^ uint64_t(product >> 64) ^ 0xD1B54A32D192ED03u;
}

uint64_t hash_bytes(uint64_t hash, const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, std::min<size_t>(8, size - i));
    hash = mix(hash, word);
  }
  return mix(hash, size);
}

}  // namespace

std::vector<uint64_t> fingerprints(const Prompt& prompt) {
  std::vector<uint64_t> all;
  const TensorView& pixels = prompt.vision.pixels;
  const TensorView& table = prompt.vision.table;
  int64_t row = 0;
  for (const Grid& f : frames_of(prompt.vision.grids)) {
    const TensorView rows = pixels.slice(0, row, row + f.patches());
    uint64_t hash = mix(mix(uint64_t(f.h), uint64_t(f.w)), uint64_t(pixels.dtype));
    if (table) hash = hash_bytes(hash, table.data, size_t(table.bytes()));
    all.push_back(hash_bytes(hash, rows.data, size_t(rows.bytes())));
    row += f.patches();
  }
  return all;
}

}  // namespace glimpse
