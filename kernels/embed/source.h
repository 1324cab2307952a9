// Which row each position copies, checked on the host.
#pragma once
#include "glimpse/ops/embed.h"

namespace glimpse::embed {

inline int64_t integer(const TensorView& t, int64_t m) { return static_cast<const int32_t*>(t.data)[m * t.stride[0]]; }

// Row of the vision tensor, or -1: the token's own.
inline int64_t vision_row(const op::Embed& a, int64_t m) { return a.vision ? integer(a.vision_row, m) : -1; }

// Throws where an id or a row is not there.
inline void check_sources(const op::Embed& a) {
  for (int64_t m = 0; m < a.y.shape[0]; ++m) {
    const int64_t row = vision_row(a, m), id = integer(a.ids, m);
    GLIMPSE_CHECK(row >= 0 || (id >= 0 && id < a.table.N),
                  "embed: token id %lld at position %lld is outside of the vocabulary of %lld", (long long)id,
                  (long long)m, (long long)a.table.N);
    GLIMPSE_CHECK(row < 0 || row < a.vision.shape[0], "embed: vision row %lld of %lld", (long long)row,
                  (long long)(a.vision ? a.vision.shape[0] : 0));
  }
}

}  // namespace glimpse::embed
