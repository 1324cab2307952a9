// An executable with 200 kernels, of which one is launched.
#include <cstdio>
#include <utility>

template <int N>
__global__ void kernel(float* data) {
  for (int i = 0; i < 8; ++i) data[threadIdx.x] = sinf(data[threadIdx.x] * N) + N / (data[threadIdx.x] + 2);
}

template <int... N>
static void launch(float* data, int which, std::integer_sequence<int, N...>) {
  (..., (which == N ? kernel<N><<<1, 32>>>(data) : void()));
}

int main() {
  float* data;
  cudaMalloc(&data, 32 * sizeof(float));
  cudaMemset(data, 0, 32 * sizeof(float));
  launch(data, 100, std::make_integer_sequence<int, 200>());
  return cudaDeviceSynchronize() == cudaSuccess ? 0 : 1;
}
