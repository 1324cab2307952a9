// Shared memory, barriers of every kind, and atomics in every space.
#include "runtime_test.h"

__global__ void reduce(const int* in, int* out) {
  extern __shared__ int s[];
  const int t = threadIdx.x;
  s[t] = in[blockIdx.x * blockDim.x + t];
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (t < half) s[t] += s[t + half];
    __syncthreads();
  }
  if (t == 0) out[blockIdx.x] = s[0];
}

__global__ void counts(int* out) {
  const int t = threadIdx.x;
  out[t] = __syncthreads_count(t % 3 == 0);
  out[100 + t] = __syncthreads_and(t < 100);
  out[200 + t] = __syncthreads_or(t == 40) + 2 * __syncthreads_or(t > 100);
}

// Producers (warps 0, 1) and consumers (warps 2, 3) with named barriers.
__global__ void named(int* out) {
  __shared__ int slot[64];
  const int t = threadIdx.x;
  for (int round = 0; round < 4; ++round) {
    if (t < 64) {
      slot[t] = t * 10 + round;
      asm volatile("bar.arrive 1, 128;" ::: "memory");
      asm volatile("bar.sync 2, 128;" ::: "memory");
    } else {
      asm volatile("bar.sync 1, 128;" ::: "memory");
      out[round * 64 + t - 64] = slot[127 - t];
      asm volatile("bar.arrive 2, 128;" ::: "memory");
    }
  }
}

__global__ void atomics(int* g, unsigned* u, float* f, double* d, unsigned long long* l) {
  __shared__ int s[4];
  const int t = threadIdx.x;
  if (t < 4) s[t] = t == 1 ? 1000 : 0;
  __syncthreads();
  atomicAdd(&s[0], t);
  atomicMin(&s[1], 500 - t);
  atomicMax(&s[2], t * 2);
  atomicXor(&s[3], t);
  __syncthreads();
  if (t < 4) atomicAdd(&g[t], s[t]);
  atomicInc(&u[0], 9);
  atomicDec(&u[1], 9);
  atomicOr(&u[2], 1u << t % 20);
  atomicAnd(&u[3], ~(1u << t % 20));
  atomicAdd(f, 0.25f);
  atomicAdd(d, 0.5);
  atomicAdd(l, 1ull << 33);
  atomicMax(l + 1, (unsigned long long)t << 40);
  atomicExch(&u[4], 77u);
  int* list = g + 8;
  int old = atomicAdd(&g[4], 1);
  list[old] = 1;
  unsigned expected, now = u[5];
  do expected = now, now = atomicCAS(&u[5], expected, expected + 3);
  while (now != expected);
}

__global__ void leave_early(int* out) {
  if (threadIdx.x >= 70) return;
  __shared__ int s[70];
  s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = s[69 - threadIdx.x];
}

int main() {
  const int n = 4 * 256;
  std::vector<int> v(n);
  for (int i = 0; i < n; ++i) v[i] = i * 7 % 101;
  int *in, *out;
  OK(cudaMalloc(&in, n * 4));
  OK(cudaMalloc(&out, n * 4));
  OK(cudaMemcpy(in, v.data(), n * 4, cudaMemcpyHostToDevice));
  reduce<<<4, 256, 256 * 4>>>(in, out);
  auto r = host_copy(out, 4);
  for (int b = 0; b < 4; ++b) {
    int sum = 0;
    for (int i = 0; i < 256; ++i) sum += v[b * 256 + i];
    REQUIRE(r[b] == sum);
  }
  counts<<<1, 100>>>(out);
  r = host_copy(out, 300);
  for (int i = 0; i < 100; ++i) REQUIRE(r[i] == 34 && r[100 + i] == 1 && r[200 + i] == 1);
  named<<<1, 128>>>(out);
  r = host_copy(out, 256);
  for (int i = 0; i < 256; ++i) REQUIRE(r[i] == (63 - i % 64) * 10 + i / 64);

  OK(cudaMemset(out, 0, n * 4));
  unsigned* u = reinterpret_cast<unsigned*>(out) + 512;
  auto* f = reinterpret_cast<float*>(out + 600);
  auto* d = reinterpret_cast<double*>(out + 610);
  auto* l = reinterpret_cast<unsigned long long*>(out + 620);
  OK(cudaMemset(u + 3, 0xff, 4));
  atomics<<<3, 100>>>(out, u, f, d, l);
  r = host_copy(out, n);
  REQUIRE(r[0] == 3 * 4950 && r[1] == 3 * 401 && r[2] == 3 * 198 && r[4] == 300);
  int x = 0;
  for (int i = 0; i < 100; ++i) x ^= i;
  REQUIRE(r[3] == 3 * x);
  for (int i = 0; i < 300; ++i) REQUIRE(r[8 + i] == 1);
  REQUIRE(r[512] == 0 && r[513] == 0 && r[514] == 0xfffff && unsigned(r[515]) == 0xfff00000u && r[516] == 77 &&
          r[517] == 900);
  float fs;
  double ds;
  unsigned long long ls[2];
  memcpy(&fs, &r[600], 4), memcpy(&ds, &r[610], 8), memcpy(ls, &r[620], 16);
  REQUIRE(fs == 75.0f && ds == 150.0 && ls[0] == 300ull << 33 && ls[1] == 99ull << 40);
  leave_early<<<1, 100>>>(out);
  r = host_copy(out, 70);
  for (int i = 0; i < 70; ++i) REQUIRE(r[i] == 69 - i);
  std::puts("ok");
}
