// The order in which blocks take the tiles of an output matrix.
#pragma once
#include "glimpse/core/dtype.h"

namespace glimpse::dev {

struct TileAt {
  int m, n;
};

// Groups of `Group` tile rows are swept column by column, so that the blocks that run at once share both operands in
// L2: of 64 neighbours, 8 x 8 tiles instead of 1 x 64.
template <int Group = 8> GLIMPSE_HD constexpr TileAt grouped_tile(int index, int tiles_m, int tiles_n) {
  const int group = index / (Group * tiles_n), first = group * Group;
  const int height = tiles_m - first < Group ? tiles_m - first : Group;
  const int within = index - group * Group * tiles_n;
  return {first + within % height, within / height};
}

}  // namespace glimpse::dev
