// What only device code has: printf's result, virtual functions, function pointers, recursion, the heap, clocks, and
// assertions that hold.
#include <cassert>

#include "runtime_test.h"

struct Shape {
  __device__ virtual int area() const = 0;
  __device__ virtual ~Shape() {}
};
struct Square : Shape {
  int side;
  __device__ explicit Square(int s) : side(s) {}
  __device__ int area() const override { return side * side; }
};
struct Strip : Shape {
  int length;
  __device__ explicit Strip(int l) : length(l) {}
  __device__ int area() const override { return 3 * length; }
};
__global__ void shapes(int* out) {
  const int i = threadIdx.x;
  Shape* shape = i % 2 ? static_cast<Shape*>(new Square(i)) : new Strip(i);
  out[i] = shape->area();
  delete shape;
}

using Function = int (*)(int);
__device__ int next(int x) { return x + 1; }
__device__ int twice(int x) { return x * 2; }
__device__ Function functions[] = {next, twice};
__constant__ Function constant_functions[] = {twice, next};
__global__ void pointers(int* out) {
  const int i = threadIdx.x;
  out[i] = functions[i % 2](i) + 100 * constant_functions[i / 2 % 2](i);
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ int ackermann(int m, int n) {
  if (m == 0) return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}
__global__ void recursions(int* out) {
  out[threadIdx.x] = fibonacci(threadIdx.x % 12);
  if (threadIdx.x == 5) out[32] = ackermann(2, 3);
}

__global__ void heap(int* out) {
  __shared__ int* shared;
  if (threadIdx.x == 0) shared = static_cast<int*>(malloc(32 * sizeof(int)));
  __syncthreads();
  shared[threadIdx.x] = threadIdx.x;
  __syncthreads();
  int* own = new int[threadIdx.x + 1];
  for (int i = 0; i <= threadIdx.x; ++i) own[i] = i;
  out[threadIdx.x] = shared[31 - threadIdx.x] + own[threadIdx.x];
  delete[] own;
  __syncthreads();
  if (threadIdx.x == 0) free(shared);
}

__global__ void prints(int* out) {
  out[0] = printf("%5d|%-5d|%05d|%+d|%x|%#o|%c|%s|%%\n", 1, 2, 3, 4, 255u, 8, 'c', "text");
  out[1] = printf("%.2f|%10.3e|%g|%lld|%*d|%.*f\n", 2.25, 1e10, 0.0001, -1ll, 4, 42, 1, 3.14159);
  out[2] = printf("no argument\n");
  const long long before = clock64();
  __nanosleep(50);
  assert(clock64() > before && "time goes on");
}

int main() {
  int* out;
  OK(cudaMalloc(&out, 64 * sizeof(int)));
  shapes<<<1, 32>>>(out);
  auto h = host_copy(out, 32);
  for (int i = 0; i < 32; ++i) REQUIRE(h[i] == (i % 2 ? i * i : 3 * i));
  pointers<<<1, 32>>>(out);
  h = host_copy(out, 32);
  for (int i = 0; i < 32; ++i) REQUIRE(h[i] == (i % 2 ? 2 * i : i + 1) + 100 * (i / 2 % 2 ? i + 1 : 2 * i));
  OK(cudaDeviceSetLimit(cudaLimitStackSize, 8192));
  recursions<<<1, 32>>>(out);
  h = host_copy(out, 33);
  const int fibonacci_numbers[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
  for (int i = 0; i < 32; ++i) REQUIRE(h[i] == fibonacci_numbers[i % 12]);
  REQUIRE(h[32] == 9);
  heap<<<1, 32>>>(out);
  REQUIRE(all_are(host_copy(out, 32), 31));
  prints<<<1, 1>>>(out);
  h = host_copy(out, 3);
  REQUIRE(h[0] == 8 && h[1] == 8 && h[2] == 0);
  std::puts("ok");
}
