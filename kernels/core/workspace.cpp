#include "glimpse/core/workspace.h"

#include <algorithm>

#include "glimpse/core/error.h"

namespace glimpse {

Workspace::~Workspace() {
  if (fixed_) return;
  for (Chunk& c : chunks_)
    if (c.data) allocator_.release(c.data);
}

size_t Workspace::capacity() const {
  size_t sum = 0;
  for (const Chunk& c : chunks_) sum += c.bytes;
  return sum;
}

void* Workspace::take(size_t bytes) {
  const size_t need = rounded(bytes);
  if (used_ + need > chunks_[chunk_].bytes) {
    GLIMPSE_CHECK(!frozen_,
                  "the workspace is frozen at %zu bytes, but %zu more are asked for: the variant declares less "
                  "than it takes, or the shape is larger than the one that sized it",
                  capacity(), need);
    if (used_) {
      ++chunk_;
      GLIMPSE_CHECK(chunk_ < kMaxChunks, "the workspace outgrew %zu bytes", capacity());
    }
    Chunk& c = chunks_[chunk_];
    if (c.bytes < need) {
      if (c.data) allocator_.release(c.data);
      c = {};
      const size_t size = std::max(need, capacity());
      c.data = static_cast<char*>(allocator_.allocate(size));
      c.bytes = size;
    }
    used_ = 0;
  }
  void* data = chunks_[chunk_].data + used_;
  used_ += need, total_ += need;
  peak_ = std::max(peak_, total_);
  return data;
}

void Workspace::leave(int chunk, size_t used, size_t total) {
  chunk_ = chunk, used_ = used, total_ = total;
  if (--depth_ || fixed_ || frozen_ || !chunks_[1].data) return;
  // The outermost scope ended: several chunks become one that holds the peak.
  for (Chunk& c : chunks_) {
    if (c.data) allocator_.release(c.data);
    c = {};
  }
  chunk_ = 0, used_ = 0;
  try {  // a destructor runs this
    chunks_[0] = {static_cast<char*>(allocator_.allocate(rounded(peak_))), rounded(peak_)};
  } catch (const std::exception&) {  // the next take asks again, and says so where there is too little
  }
}

}  // namespace glimpse
