// The GPUs whose limits decide what runs: one of each architecture that the sm_80 kernels suit.
#pragma once
#include "glimpse/core/device_info.h"

namespace glimpse::test {

inline DeviceInfo gpu(int sm, int sms, int64_t block_kb, int64_t sm_kb) {
  DeviceInfo d;
  d.kind = Device::cuda, d.sm = sm, d.sm_count = sms, d.smem_per_block = block_kb * 1024, d.smem_per_sm = sm_kb * 1024;
  return d;
}

inline const DeviceInfo kGpus[] = {gpu(80, 108, 163, 164), gpu(86, 84, 99, 100),   gpu(89, 128, 99, 100),
                                   gpu(90, 132, 227, 228), gpu(100, 148, 227, 228), gpu(120, 170, 99, 100)};

}  // namespace glimpse::test
