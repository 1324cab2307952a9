// Small kernels for the tests of the launcher's options; built for two architectures.
#include <cstdio>

__global__ void where(unsigned* out) {
  extern __shared__ float s[];
  s[threadIdx.x] = 1.0f;
  out[0] = unsigned(__cvta_generic_to_shared(s));
}
__global__ void makes_nan(float* x) { x[threadIdx.x] = (x[threadIdx.x] - 1.0f) / (x[threadIdx.x] - 1.0f); }

// From compute_100 on nvcc states the alignment of what a pointer points to, which is not the parameter's own.
__global__ void mixed(const unsigned* a, int n, unsigned* b) { b[n] = a[0] + n; }

int main(int count, char**) {
  unsigned *d, start = 99;
  cudaMalloc(&d, 256);
  cudaMemset(d, 0, 256);
  where<<<1, 32, 128>>>(d);
  cudaMemcpy(&start, d, 4, cudaMemcpyDeviceToHost);
  std::printf("starts at %u\n", start);
  mixed<<<1, 1>>>(d, 5, d);
  unsigned sum = 0;
  cudaMemcpy(&sum, d + 5, 4, cudaMemcpyDeviceToHost);
  std::printf("sum %s\n", sum == start + 5 ? "right" : "wrong");
  const float values[4] = {0, 2, 1, 3};
  cudaMemcpy(d, values, 16, cudaMemcpyHostToDevice);
  if (count > 1) makes_nan<<<1, 4>>>(reinterpret_cast<float*>(d));
  std::printf("%s\n", cudaGetErrorName(cudaDeviceSynchronize()));
}
