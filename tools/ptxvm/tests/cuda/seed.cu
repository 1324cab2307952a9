// Prints where dynamic shared memory starts, for the test of --seed, and traces of a small kernel.
#include <cstdio>

__global__ void where(unsigned* out) {
  extern __shared__ float s[];
  s[threadIdx.x] = 1.0f;
  out[0] = unsigned(__cvta_generic_to_shared(s));
}
__global__ void makes_nan(float* x) { x[threadIdx.x] = (x[threadIdx.x] - 1.0f) / (x[threadIdx.x] - 1.0f); }

int main(int count, char**) {
  unsigned *d, start = 99;
  cudaMalloc(&d, 256);
  cudaMemset(d, 0, 256);
  where<<<1, 32, 128>>>(d);
  cudaMemcpy(&start, d, 4, cudaMemcpyDeviceToHost);
  std::printf("starts at %u\n", start);
  const float values[4] = {0, 2, 1, 3};
  cudaMemcpy(d, values, 16, cudaMemcpyHostToDevice);
  if (count > 1) makes_nan<<<1, 4>>>(reinterpret_cast<float*>(d));
  std::printf("%s\n", cudaGetErrorName(cudaDeviceSynchronize()));
}
