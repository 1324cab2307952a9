// Fingerprints of pictures: whether a cache already holds this very picture.
#pragma once
#include <cstdint>
#include <vector>

#include "model/glm4v.h"

namespace glimpse {

// One 64-bit hash of each picture or video frame of the prompt: its grid, its pixels and what normalises them.
std::vector<uint64_t> fingerprints(const Prompt& prompt);

}  // namespace glimpse
