// Cooperative groups, cuda::barrier, cuda::pipeline and memcpy_async.
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>

#include <cuda/barrier>
#include <cuda/pipeline>

#include "runtime_test.h"

namespace cg = cooperative_groups;

__global__ void tiles(int* out) {
  auto block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  auto eight = cg::tiled_partition<8>(warp);
  const int i = block.thread_rank();
  out[i] = cg::reduce(eight, i, cg::plus<int>());
  out[128 + i] = cg::inclusive_scan(warp, 1);
  out[256 + i] = eight.shfl(i, 3) + eight.any(i % 8 == 7) + warp.ballot(1);
  if (i % 3 == 0) {
    auto active = cg::coalesced_threads();
    out[384 + i] = active.size() * 100 + active.thread_rank();
  } else {
    out[384 + i] = -1;
  }
  auto big = cg::tiled_partition<64>(block);
  out[512 + i] = cg::reduce(big, i, cg::greater<int>());
}

__global__ void grid_rounds(int* data, int n, int rounds) {
  auto grid = cg::this_grid();
  const int i = grid.thread_rank();
  for (int r = 0; r < rounds; ++r) {
    int next = 0;
    if (i < n) next = data[(i + 1) % n] + 1;
    grid.sync();
    if (i < n) data[i] = next;
    grid.sync();
  }
}

__global__ void barriers(int* out) {
  __shared__ cuda::barrier<cuda::thread_scope_block> bar;
  __shared__ int s[96];
  if (threadIdx.x == 0) init(&bar, blockDim.x);
  __syncthreads();
  for (int round = 0; round < 3; ++round) {
    s[threadIdx.x] = threadIdx.x * 3 + round;
    auto token = bar.arrive();
    bar.wait(std::move(token));
    out[round * 96 + threadIdx.x] = s[95 - threadIdx.x];
    bar.arrive_and_wait();
  }
}

__global__ void pipelined(const int* in, int* out, int batches) {
  constexpr int kStages = 2;
  __shared__ __align__(16) int s[kStages][64];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, kStages> state;
  auto block = cg::this_thread_block();
  auto pipe = cuda::make_pipeline(block, &state);
  int fetched = 0;
  for (int b = 0; b < batches; ++b) {
    for (; fetched < batches && fetched < b + kStages; ++fetched) {
      pipe.producer_acquire();
      cuda::memcpy_async(block, s[fetched % kStages], in + fetched * 64, cuda::aligned_size_t<16>(256), pipe);
      pipe.producer_commit();
    }
    pipe.consumer_wait();
    out[b * 64 + threadIdx.x] = s[b % kStages][63 - threadIdx.x];
    pipe.consumer_release();
  }
}

__global__ void group_copy(const int* in, int* out) {
  __shared__ __align__(16) int s[128];
  auto block = cg::this_thread_block();
  cg::memcpy_async(block, s, in, sizeof s);
  cg::wait(block);
  out[threadIdx.x] = s[127 - threadIdx.x];
}

int main() {
  int *d, *in;
  OK(cudaMalloc(&d, 8192));
  OK(cudaMalloc(&in, 8192));
  tiles<<<1, 128>>>(d);
  auto r = host_copy(d, 640);
  for (int i = 0; i < 128; ++i) {
    REQUIRE(r[i] == i / 8 * 64 + 28);
    REQUIRE(r[128 + i] == i % 32 + 1);
    REQUIRE(r[256 + i] == i / 8 * 8 + 3 + 1 - 1);
    if (i % 3 == 0) {
      int size = 0, rank = 0;
      for (int k = i / 32 * 32; k < i / 32 * 32 + 32; ++k) size += k % 3 == 0, rank += k % 3 == 0 && k < i;
      REQUIRE(r[384 + i] == size * 100 + rank);
    }
    REQUIRE(r[512 + i] == i / 64 * 64 + 63);
  }
  int n = 200, rounds = 5;
  OK(cudaMemset(d, 0, 8192));
  void* arguments[] = {&d, &n, &rounds};
  OK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(grid_rounds), dim3(4), dim3(64), arguments, 0, nullptr));
  r = host_copy(d, n);
  REQUIRE(all_are(r, rounds));
  barriers<<<1, 96>>>(d);
  r = host_copy(d, 288);
  for (int i = 0; i < 288; ++i) REQUIRE(r[i] == (95 - i % 96) * 3 + i / 96);
  std::vector<int> v(640);
  for (int i = 0; i < 640; ++i) v[i] = i * i % 1001;
  OK(cudaMemcpy(in, v.data(), 2560, cudaMemcpyHostToDevice));
  pipelined<<<1, 64>>>(in, d, 10);
  r = host_copy(d, 640);
  for (int i = 0; i < 640; ++i) REQUIRE(r[i] == v[i / 64 * 64 + 63 - i % 64]);
  group_copy<<<1, 128>>>(in, d);
  r = host_copy(d, 128);
  for (int i = 0; i < 128; ++i) REQUIRE(r[i] == v[127 - i]);
  std::puts("ok");
}
