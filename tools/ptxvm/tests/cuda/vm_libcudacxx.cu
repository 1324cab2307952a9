// cuda::atomic_ref, semaphore, latch, wait and notify, pipelines with roles, and the library's containers.
#include <cooperative_groups.h>

#include <cuda/atomic>
#include <cuda/latch>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cuda/std/complex>
#include <cuda/std/tuple>
#include <cuda/std/variant>

#include "runtime_test.h"

template <class T>
__global__ void atomics(T* out) {
  cuda::atomic_ref<T, cuda::thread_scope_device>(out[0]).fetch_add(T(1));
  cuda::atomic_ref<T, cuda::thread_scope_block> block(out[1]);
  T old = block.load(cuda::memory_order_relaxed);
  while (!block.compare_exchange_weak(old, T(old + T(2)), cuda::memory_order_acq_rel)) continue;
  cuda::atomic_ref<T, cuda::thread_scope_system>(out[2]).fetch_max(T(threadIdx.x));
}

// Threads of one warp, and blocks, contend for it.
__device__ cuda::binary_semaphore<cuda::thread_scope_device> semaphore(1);
__global__ void contend(int* out) {
  for (int i = 0; i < 3; ++i) {
    semaphore.acquire();
    const int old = *static_cast<volatile int*>(out);
    *static_cast<volatile int*>(out) = old + 1;
    semaphore.release();
  }
}

__global__ void latches(int* out) {
  using Latch = cuda::latch<cuda::thread_scope_block>;
  __shared__ int s[64];
  __shared__ alignas(Latch) char bytes[sizeof(Latch)];
  auto& latch = *reinterpret_cast<Latch*>(bytes);
  if (threadIdx.x == 0) new (&latch) Latch(blockDim.x);
  __syncthreads();
  s[threadIdx.x] = threadIdx.x;
  latch.arrive_and_wait();
  out[threadIdx.x] = s[63 - threadIdx.x];
}

__device__ cuda::atomic<int, cuda::thread_scope_device> flag;
__global__ void message(int* out) {
  if (threadIdx.x != 0) return;
  if (blockIdx.x == 1) {
    out[0] = 42;
    flag.store(1, cuda::memory_order_release);
    flag.notify_all();
  } else {
    flag.wait(0, cuda::memory_order_acquire);
    out[1] = out[0] + 1;
  }
}

// 64 threads copy, 64 consume.
__global__ void roles(const int* in, int* out, int rounds) {
  constexpr int kStages = 2;
  __shared__ int buffer[kStages][64];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, kStages> state;
  const bool producer = threadIdx.x < 64;
  const int i = threadIdx.x % 64;
  auto pipeline = cuda::make_pipeline(cooperative_groups::this_thread_block(), &state,
                                      producer ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer);
  for (int round = 0; round < rounds; ++round) {
    if (producer) {
      pipeline.producer_acquire();
      cuda::memcpy_async(&buffer[round % kStages][i], in + round * 64 + i, sizeof(int), pipeline);
      pipeline.producer_commit();
    } else {
      pipeline.consumer_wait();
      out[round * 64 + i] = buffer[round % kStages][63 - i];
      pipeline.consumer_release();
    }
  }
}

__global__ void containers(float* out) {
  const cuda::std::complex<float> z(1, 2);
  const auto pair = cuda::std::make_tuple(1, 2.5f);
  cuda::std::variant<int, float> value = 3;
  if (threadIdx.x % 3 == 0) value = 2.5f;
  out[threadIdx.x] = (z * z).imag() + cuda::std::get<1>(pair) +
                     cuda::std::visit([](auto x) { return 2 * static_cast<float>(x); }, value);
}

template <class T>
static void check_atomics() {
  T* out;
  OK(cudaMallocManaged(&out, 4 * sizeof(T)));  // whole words: small types are changed within theirs
  for (int i = 0; i < 4; ++i) out[i] = T(0);
  atomics<T><<<2, 48>>>(out);
  OK(cudaDeviceSynchronize());
  REQUIRE(out[0] == T(96) && out[1] == T(192) && out[2] == T(47));
  OK(cudaFree(out));
}

int main() {
  check_atomics<int>(), check_atomics<unsigned long long>(), check_atomics<float>(), check_atomics<double>();
  check_atomics<short>(), check_atomics<unsigned char>();
  int *in, *out;
  OK(cudaMallocManaged(&in, 640 * sizeof(int)));
  OK(cudaMallocManaged(&out, 640 * sizeof(int)));
  for (int i = 0; i < 640; ++i) in[i] = 3 * i;
  out[0] = 0;
  contend<<<2, 48>>>(out);
  OK(cudaDeviceSynchronize());
  REQUIRE(out[0] == 2 * 48 * 3);
  latches<<<1, 64>>>(out);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 64; ++i) REQUIRE(out[i] == 63 - i);
  message<<<2, 32>>>(out);
  OK(cudaDeviceSynchronize());
  REQUIRE(out[1] == 43);
  roles<<<1, 128>>>(in, out, 10);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 640; ++i) REQUIRE(out[i] == 3 * (i / 64 * 64 + 63 - i % 64));
  auto* floats = reinterpret_cast<float*>(out);
  containers<<<1, 32>>>(floats);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 32; ++i) REQUIRE(floats[i] == 4 + 2.5f + (i % 3 == 0 ? 5 : 6));
  std::puts("ok");
}
