// Calls, recursion, function pointers, virtual functions, switches, local memory, printf, and locks.
#include <cstring>
#include <string>

#include "runtime_test.h"

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ __noinline__ int ackermann(int m, int n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}
struct Big {
  int v[9];
};
__device__ __noinline__ Big shifted(Big b, int by) {
  Big r;
  for (int i = 0; i < 9; ++i) r.v[i] = b.v[(i + by) % 9] + by;
  return r;
}

__global__ void recursion(int* out) {
  const int i = threadIdx.x;
  out[i] = fibonacci(i % 11) + ackermann(i % 3, i % 4);
  Big b;
  for (int k = 0; k < 9; ++k) b.v[k] = i * k;
  b = shifted(b, i % 9);
  out[64 + i] = b.v[i % 9];
}

typedef int (*Binary)(int, int);
__device__ int sum(int a, int b) { return a + b; }
__device__ int difference(int a, int b) { return a - b; }
__device__ int product(int a, int b) { return a * b; }
__device__ Binary table[3] = {sum, difference, product};
__device__ Binary chosen = product;

struct Shape {
  __device__ virtual int area() const = 0;
  __device__ virtual ~Shape() {}
};
struct Square : Shape {
  int a;
  __device__ Square(int a) : a(a) {}
  __device__ int area() const override { return a * a; }
};
struct Rectangle : Shape {
  int a, b;
  __device__ Rectangle(int a, int b) : a(a), b(b) {}
  __device__ int area() const override { return a * b; }
};

__global__ void pointers(int* out) {
  const int i = threadIdx.x;
  out[i] = table[i % 3](i, 7) + chosen(i, 2);
  Shape* s = i % 2 ? static_cast<Shape*>(new Square(i)) : new Rectangle(i, 3);
  out[64 + i] = s->area();
  delete s;
}

__global__ void switches(const int* in, int* out) {
  const int i = threadIdx.x;
  int v = in[i];
  switch (v) {
    case 0: v = 100; break;
    case 1: v = out[i] * 3; break;
    case 2: v += 17;
    case 3: v *= 5; break;
    case 4: v = -v; break;
    case 5: v ^= 0x55; break;
    case 6: v = v << 7; break;
    case 7: return;
    default: v = 9;
  }
  out[i] = v;
}

__global__ void local_arrays(const int* in, int* out) {
  int a[32];
  const int i = threadIdx.x;
  for (int k = 0; k < 32; ++k) a[k] = in[k] + k;
  for (int k = 0; k < 32; ++k) {
    const int j = (k * 7 + i) % 32, t = a[j];
    a[j] = a[k], a[k] = t;
  }
  out[i] = a[i % 32] * 3 + a[in[i % 32] & 31];
}

__global__ void hello(const char* name) {
  if (threadIdx.x % 16 == 3)
    printf("block %d thread %2u: %s %5.2f %lld %c|%-6d|%%\n", int(blockIdx.x), threadIdx.x, name, 1.5 * blockIdx.x,
           1ll << 40, 'x', -5);
}

__device__ int lock = 0;
__device__ int guarded = 0;
__global__ void spin_lock() {
  bool done = false;
  while (!done) {
    if (atomicCAS(&lock, 0, 1) == 0) {
      guarded = guarded + 1;
      __threadfence();
      atomicExch(&lock, 0);
      done = true;
    }
  }
}
// Warps hand a token round through shared memory.
__global__ void token(int* out) {
  __shared__ volatile int turn;
  if (threadIdx.x == 0) turn = 0;
  __syncthreads();
  const int warp = threadIdx.x / 32, warps = blockDim.x / 32;
  for (int round = 0; round < 3; ++round) {
    if (threadIdx.x % 32 == 0) {
      while (turn != round * warps + (warps - 1 - warp)) {
      }
      out[turn] = warp;
      __threadfence_block();
      turn = turn + 1;
    }
    __syncwarp();
  }
}
// Blocks wait for a later one.
__global__ void last_block_first(volatile int* flag, int* out) {
  if (threadIdx.x != 0) return;
  if (blockIdx.x == gridDim.x - 1) {
    out[blockIdx.x] = 1;
    __threadfence();
    *flag = 1;
  } else {
    while (*flag == 0) {
    }
    out[blockIdx.x] = 2;
  }
}

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int ack(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1)); }

int main() {
  int *d, *in;
  OK(cudaMalloc(&d, 4096));
  OK(cudaMalloc(&in, 4096));
  recursion<<<1, 64>>>(d);
  auto r = host_copy(d, 128);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(r[i] == fib(i % 11) + ack(i % 3, i % 4));
    REQUIRE(r[64 + i] == i * ((i % 9 + i % 9) % 9) + i % 9);
  }
  pointers<<<1, 64>>>(d);
  r = host_copy(d, 128);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(r[i] == (i % 3 == 0 ? i + 7 : i % 3 == 1 ? i - 7 : i * 7) + i * 2);
    REQUIRE(r[64 + i] == (i % 2 ? i * i : i * 3));
  }
  std::vector<int> values(64), before(64, 11);
  for (int i = 0; i < 64; ++i) values[i] = i % 10;
  OK(cudaMemcpy(in, values.data(), 256, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(d, before.data(), 256, cudaMemcpyHostToDevice));
  switches<<<1, 64>>>(in, d);
  r = host_copy(d, 64);
  for (int i = 0; i < 64; ++i) {
    const int expected[] = {100, 33, 95, 15, -4, 5 ^ 0x55, 6 << 7, 11, 9, 9};
    REQUIRE(r[i] == expected[i % 10]);
  }
  local_arrays<<<1, 64>>>(in, d);
  r = host_copy(d, 64);
  for (int i = 0; i < 64; ++i) {
    int a[32];
    for (int k = 0; k < 32; ++k) a[k] = values[k] + k;
    for (int k = 0; k < 32; ++k) std::swap(a[(k * 7 + i) % 32], a[k]);
    REQUIRE(r[i] == a[i % 32] * 3 + a[values[i % 32] & 31]);
  }
  char* name;
  OK(cudaMalloc(&name, 8));
  OK(cudaMemcpy(name, "ptxvm", 6, cudaMemcpyHostToDevice));
  hello<<<2, 32>>>(name);
  OK(cudaDeviceSynchronize());
  spin_lock<<<5, 96>>>();
  int count;
  OK(cudaMemcpyFromSymbol(&count, guarded, 4));
  REQUIRE(count == 480);
  token<<<1, 128>>>(d);
  r = host_copy(d, 12);
  for (int i = 0; i < 12; ++i) REQUIRE(r[i] == 3 - i % 4);
  OK(cudaMemset(in, 0, 4));
  last_block_first<<<6, 32>>>(in, d);
  r = host_copy(d, 6);
  for (int i = 0; i < 6; ++i) REQUIRE(r[i] == (i == 5 ? 1 : 2));
  std::puts("ok");
}
