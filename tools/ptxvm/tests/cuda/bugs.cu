// Planted bugs: bugs NAME runs the kernel with the bug, bugs NAME clean the same kernel without it.
#include <cuda_pipeline.h>

#include <cstdio>
#include <cstring>

#include <cuda/barrier>

struct Args {
  int* a;           // 100 ints, written
  int* b;           // 100 ints, never written
  int* freed;       // 64 ints, freed
  int* host;        // of the host
  int* none;        // null
  int* registered;  // 32 ints of the host that kernels may use
  int bug;          // 1: with the bug
};

__constant__ int table[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
__device__ int global_table[16];

__global__ void read_past_end(Args x) { x.a[threadIdx.x] += x.a[99 + x.bug * threadIdx.x]; }
__global__ void write_past_end(Args x) { x.a[threadIdx.x + x.bug * 69] = 1; }
__global__ void write_before(Args x) { x.a[int(threadIdx.x) - x.bug] = 1; }
__global__ void far_away(Args x) { x.a[threadIdx.x + (x.bug ? 1ll << 40 : 0)] = 1; }
__global__ void null_pointer(Args x) { (x.bug ? x.none : x.a)[threadIdx.x] = 1; }
__global__ void host_pointer(Args x) { (x.bug ? x.host : x.a)[threadIdx.x] = 1; }
__global__ void use_after_free(Args x) { x.a[threadIdx.x] = x.bug ? x.freed[threadIdx.x] : 5; }
__global__ void misaligned(Args x) {
  auto* p = reinterpret_cast<long long*>(x.a + x.bug);
  p[threadIdx.x] = 3;
}
__global__ void misaligned_vector(Args x) {
  auto* p = reinterpret_cast<int4*>(x.a + 2 * x.bug);
  if (threadIdx.x < 8) p[threadIdx.x] = make_int4(1, 2, 3, 4);
}
__global__ void shared_past_end(Args x) {
  extern __shared__ int s[];
  s[threadIdx.x + x.bug] = threadIdx.x;
  __syncthreads();
  x.a[threadIdx.x] = s[threadIdx.x];
}
__global__ void whole_kilobyte(Args x) {  // what the system has behind the block's part is not the block's
  __shared__ int s[256];
  s[threadIdx.x * 8 + x.bug * 8] = threadIdx.x;
  __syncthreads();
  x.a[threadIdx.x] = s[threadIdx.x * 8 + x.bug * 8];
}
__global__ void next_allocation(Args x) { x.a[threadIdx.x + x.bug * 128] = 1; }  // 512 bytes on
__global__ void registered_past_end(Args x) { x.registered[threadIdx.x + x.bug] = 1; }
__global__ void shared_misaligned(Args x) {
  extern __shared__ int s[];
  if (threadIdx.x < 4) reinterpret_cast<double*>(s + x.bug)[threadIdx.x] = 1.0;
  __syncthreads();
  if (threadIdx.x < 4) x.a[threadIdx.x] = int(reinterpret_cast<double*>(s + x.bug)[threadIdx.x]);
}
__global__ void shared_unwritten(Args x) {
  __shared__ int s[64];
  if (threadIdx.x < 32 - x.bug) s[threadIdx.x] = 1;
  __syncthreads();
  x.a[threadIdx.x] = s[threadIdx.x];
}
__global__ void global_unwritten(Args x) { x.a[threadIdx.x] = (x.bug ? x.b : x.a)[threadIdx.x + 3]; }
__global__ void constant_past_end(Args x) { x.a[threadIdx.x] = table[threadIdx.x % 10 + x.bug]; }
__global__ void variable_past_end(Args x) { global_table[threadIdx.x % 16 + x.bug * 8] = 1; }
__global__ void local_past_end(Args x) {
  int v[8];
  for (int i = 0; i < 8; ++i) v[(i + threadIdx.x) % 8] = i;
  x.a[threadIdx.x] = v[threadIdx.x % 8 + x.bug * 1000];
}
__global__ void atomic_past_end(Args x) { atomicAdd(x.a + threadIdx.x + x.bug * 80, 1); }
__global__ void atomic_unwritten(Args x) { atomicAdd((x.bug ? x.b : x.a) + 7, 1); }
__global__ void byte_past_end(Args x) { reinterpret_cast<char*>(x.a)[368 + threadIdx.x + x.bug] = 1; }
__global__ void deadlock(Args x) {
  if (x.bug) {
    if (threadIdx.x < 16) asm volatile("bar.sync 1, 64;");
  } else {
    __syncthreads();
  }
  x.a[threadIdx.x] = 1;
}
__global__ void warp_deadlock(Args x) {
  if (threadIdx.x < 16) x.a[threadIdx.x] = __shfl_sync(x.bug ? ~0u : 0xffffu, threadIdx.x, 3);
  else
    while (x.bug) __syncwarp(0xffff0000u | 1u);
}
__global__ void other_lanes(Args x) {
  if (threadIdx.x < 16) __syncwarp(x.bug ? 0xffff0000u : 0xffffu);
  x.a[threadIdx.x] = 1;
}
// A copy of a structure takes its padding along, which is no read of it; a member that is missing is one.
struct Padded {
  char a;
  double d;
  short s;
};
__global__ void padding(Args x) {
  __shared__ Padded from[32], to[32];
  const int t = threadIdx.x;
  from[t].a = 1, from[t].s = 3;
  if (!x.bug) from[t].d = 2;
  __syncthreads();
  to[t] = from[31 - t];
  __syncthreads();
  x.a[t] = to[t].a + to[t].s;
}
// The same moved in words, as libraries do it.
struct Flagged {
  bool flag;
  long long value;
};
__global__ void padded_words(Args x) {
  __shared__ Flagged from[32];
  const int t = threadIdx.x;
  from[t].flag = true;
  if (!x.bug) from[t].value = 2;
  __syncthreads();
  const auto* words = reinterpret_cast<const unsigned long long*>(&from[31 - t]);
  x.a[t] = static_cast<int>((words[0] & 1) + words[1]);
}
__global__ void trapped(Args x) {
  if (x.bug && threadIdx.x == 9) __trap();
  x.a[threadIdx.x] = 1;
}
__device__ __noinline__ int endless(int n, const int* p) { return p[n % 100] < 1000 ? endless(n + 1, p) + 1 : n; }
__global__ void stack_overflow(Args x) { x.a[threadIdx.x] = x.bug ? endless(0, x.a) : 1; }
__global__ void wild_call(Args x) {
  auto f = reinterpret_cast<int (*)(int)>(x.bug ? 0x1234560ull : 0);
  x.a[threadIdx.x] = x.bug ? f(3) : 3;
}
__global__ void partial_copy(Args x) {
  __shared__ __align__(16) int s[32];
  if (threadIdx.x < 8)
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(unsigned(__cvta_generic_to_shared(s + threadIdx.x * 4))),
        "l"(x.a + threadIdx.x * 4 + x.bug * 76));
  asm volatile("cp.async.wait_all;");
  __syncthreads();
  x.a[threadIdx.x] = s[threadIdx.x];
}
__global__ void double_free(Args x) {
  if (threadIdx.x != 0) return;
  void* p = malloc(32);
  free(p);
  if (x.bug) free(p);
  x.a[0] = 1;
}

// Asynchronous copies that nobody waits for, or not for long enough; x.b is written by the copies' readers only.
__global__ void missing_wait(Args x) {
  __shared__ int s[32];
  s[threadIdx.x] = 7;
  __pipeline_memcpy_async(&s[threadIdx.x], &x.a[threadIdx.x], 4);
  __pipeline_commit();
  if (!x.bug) __pipeline_wait_prior(0);
  __syncthreads();
  x.b[threadIdx.x] = s[31 - threadIdx.x];
}
__global__ void short_wait(Args x) {
  __shared__ int s[3][32];
  for (int round = 0; round < 5; ++round) {
    if (round < 3) __pipeline_memcpy_async(&s[round][threadIdx.x], &x.a[32 * round + threadIdx.x], 4);
    __pipeline_commit();
    if (round < 2) continue;
    x.bug ? __pipeline_wait_prior(3) : __pipeline_wait_prior(2);
    __syncthreads();
    x.b[threadIdx.x] = s[round - 2][31 - threadIdx.x];
  }
}
__global__ void unwaited_barrier(Args x) {
  using Barrier = cuda::barrier<cuda::thread_scope_block>;
  __shared__ Barrier barrier;
  __shared__ int s[32];
  if (threadIdx.x == 0) init(&barrier, 32);
  __syncthreads();
  cuda::memcpy_async(&s[threadIdx.x], &x.a[threadIdx.x], 4, barrier);
  if (!x.bug) barrier.arrive_and_wait();
  __syncthreads();
  x.b[threadIdx.x] = s[31 - threadIdx.x];
}

struct Case {
  const char* name;
  void (*kernel)(Args);
  int shared;
};
#define CASE(name, shared) \
  { #name, name, shared }
const Case kCases[] = {
    CASE(read_past_end, 0),     CASE(write_past_end, 0),    CASE(write_before, 0),        CASE(far_away, 0),
    CASE(null_pointer, 0),      CASE(host_pointer, 0),      CASE(use_after_free, 0),      CASE(misaligned, 0),
    CASE(misaligned_vector, 0), CASE(shared_past_end, 128), CASE(shared_misaligned, 128), CASE(shared_unwritten, 0),
    CASE(global_unwritten, 0),  CASE(constant_past_end, 0), CASE(variable_past_end, 0),   CASE(local_past_end, 0),
    CASE(atomic_past_end, 0),   CASE(atomic_unwritten, 0),  CASE(byte_past_end, 0),       CASE(deadlock, 0),
    CASE(warp_deadlock, 0),     CASE(trapped, 0),           CASE(stack_overflow, 0),      CASE(wild_call, 0),
    CASE(partial_copy, 0),      CASE(double_free, 0),       CASE(missing_wait, 0),        CASE(short_wait, 0),
    CASE(unwaited_barrier, 0),  CASE(whole_kilobyte, 0),    CASE(next_allocation, 0),     CASE(registered_past_end, 0),
    CASE(other_lanes, 0),       CASE(padding, 0),           CASE(padded_words, 0)};

int main(int count, char** arguments) {
  if (count < 2) {
    for (const auto& c : kCases) std::puts(c.name);
    return 0;
  }
  static int host[128], far_host[65536];
  Args x{};
  cudaMalloc(&x.a, 400);
  cudaMalloc(&x.b, 400);
  cudaMalloc(&x.freed, 256);
  cudaMemset(x.a, 0, 400);
  cudaMemset(x.freed, 0, 256);
  cudaFree(x.freed);
  x.host = host;
  x.registered = far_host + 32768;
  cudaHostRegister(x.registered, 128, cudaHostRegisterDefault);
  x.bug = count < 3;
  for (const auto& c : kCases) {
    if (std::strcmp(c.name, arguments[1]) != 0) continue;
    c.kernel<<<1, 32, c.shared>>>(x);
    const auto error = cudaDeviceSynchronize();
    std::printf("%s: %s\n", c.name, error == cudaSuccess ? "ok" : cudaGetErrorName(error));
    return 0;
  }
  return 2;
}
