// What ptxvm_bench measures: kernels CASE prints the seconds that one launch took, and those of the process on all
// cores, after a launch that does not count.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "attention.cuh"

constexpr int kBlocks = 64, kThreads = 128;

// Integer and float arithmetic in registers, four chains.
__global__ void alu(float* out, int rounds) {
  float x = threadIdx.x, y = blockIdx.x, z = 0.5f, w = 0.25f;
  unsigned a = threadIdx.x, b = 12345, c = 1, d = 7;
  for (int i = 0; i < rounds; ++i) {
#pragma unroll
    for (int k = 0; k < 16; ++k) {
      x = fmaf(x, 0.999f, z), y = fmaf(y, 0.998f, w), z = fmaf(z, 0.997f, 0.1f), w = w * 0.5f + x;
      a = a * 1664525u + b, b ^= a >> 3, c += a & b, d = (d << 1) + c;
    }
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = x + y + z + w + (a ^ b ^ c ^ d);
}

// mma.m16n8k16 in registers: eight a round.
__global__ void mma(float* out, int rounds) {
  const float f = static_cast<float>(threadIdx.x) / 64;
  const uint32_t a[4] = {attention::pack(f, 0.3f), attention::pack(0.7f, f), attention::pack(-f, 0.1f),
                         attention::pack(0.9f, -f)};
  float c[8][4] = {};
  for (int i = 0; i < rounds; ++i)
#pragma unroll
    for (int k = 0; k < 8; ++k) attention::multiply(c[k], a, a[k % 4], a[(k + 1) % 4]);
  float sum = 0;
  for (int k = 0; k < 8; ++k) sum += c[k][0] + c[k][1] + c[k][2] + c[k][3];
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

int main(int count, char** arguments) {
  const char* which = count > 1 ? arguments[1] : "";
  constexpr int kRows = 512, kHeads = 4;
  float* out;
  __half* in;
  cudaMalloc(&out, kHeads * kRows * 64 * sizeof(float));
  cudaMalloc(&in, kHeads * kRows * 64 * sizeof(__half));
  cudaMemset(in, 0x2a, kHeads * kRows * 64 * sizeof(__half));
  const auto launch = [&] {
    if (std::strcmp(which, "alu") == 0) alu<<<kBlocks, kThreads>>>(out, 200);
    if (std::strcmp(which, "mma") == 0) mma<<<kBlocks, kThreads>>>(out, 256);
    const dim3 grid(kRows / attention::kRows, kHeads);
    const int bytes = attention::shared_bytes(64);
    if (std::strcmp(which, "attention") == 0)
      attention::forward<64><<<grid, attention::kThreads, bytes>>>(in, in, in, out, kRows, 0.18f, false);
  };
  launch();
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  launch();
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  const double cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  std::printf("seconds %.9f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  std::printf("of the processor %.9f\n", cpu);
}
