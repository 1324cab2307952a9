// Counters by which the blocks of a launch find out which of them ends last. Host side.
#pragma once
#include "glimpse/device/check.cuh"

namespace glimpse::dev {

// Device memory that every launch finds zero and leaves zero (last_block.cuh); one object serves all launches of a
// stream: Context::state<Tickets>().
struct Tickets {
  static constexpr int64_t kCount = 65536;
  unsigned* data = nullptr;

  Tickets() {
    CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&data), kCount * sizeof(unsigned)));
    CUDA_CHECK(cudaMemset(data, 0, kCount * sizeof(unsigned)));
    CUDA_CHECK(cudaStreamSynchronize(cudaStreamLegacy));  // launches on other streams do not wait for it
  }
  ~Tickets() { cudaFree(data); }
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;
};

}  // namespace glimpse::dev
