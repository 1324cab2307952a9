// Small versions of what every CUDA course starts with: tiled multiplication, transposition, reduction, scan,
// histogram, and asynchronous copies over several streams.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include "runtime_test.h"

namespace cg = cooperative_groups;
constexpr int kTile = 16;

__global__ void multiply(const float* a, const float* b, float* c, int n) {
  __shared__ float as[kTile][kTile], bs[kTile][kTile];
  const int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
  float sum = 0;
  for (int k = 0; k < n; k += kTile) {
    as[threadIdx.y][threadIdx.x] = a[y * n + k + threadIdx.x];
    bs[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + x];
    __syncthreads();
    for (int i = 0; i < kTile; ++i) sum += as[threadIdx.y][i] * bs[i][threadIdx.x];
    __syncthreads();
  }
  c[y * n + x] = sum;
}
__global__ void transpose(const float* in, float* out, int n) {
  __shared__ float tile[kTile][kTile + 1];
  int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
  tile[threadIdx.y][threadIdx.x] = in[y * n + x];
  __syncthreads();
  x = blockIdx.y * kTile + threadIdx.x, y = blockIdx.x * kTile + threadIdx.y;
  out[y * n + x] = tile[threadIdx.x][threadIdx.y];
}
__global__ void reduce(const int* in, int* out, int n) {
  __shared__ int partial[32];
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) sum += in[i];
  auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  sum = cg::reduce(warp, sum, cg::plus<int>());
  if (warp.thread_rank() == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int i = 1; i < blockDim.x / 32; ++i) sum += partial[i];
    atomicAdd(out, sum);
  }
}
__global__ void scan(int* data) {
  extern __shared__ int s[];
  s[threadIdx.x] = data[threadIdx.x];
  for (int step = 1; step < blockDim.x; step *= 2) {
    __syncthreads();
    const int other = threadIdx.x >= step ? s[threadIdx.x - step] : 0;
    __syncthreads();
    s[threadIdx.x] += other;
  }
  data[threadIdx.x] = s[threadIdx.x];
}
__global__ void histogram(const unsigned char* in, unsigned* bins, int n) {
  __shared__ unsigned local[256];
  local[threadIdx.x] = 0;
  __syncthreads();
  const int step = gridDim.x * blockDim.x;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) atomicAdd(&local[in[i]], 1u);
  __syncthreads();
  atomicAdd(&bins[threadIdx.x], local[threadIdx.x]);
}

static void matrices() {
  const int n = 64;
  std::vector<float> a(n * n), b(n * n), c(n * n);
  for (int i = 0; i < n * n; ++i) a[i] = static_cast<float>(i % 7), b[i] = static_cast<float>(i % 5);
  float *da, *db, *dc;
  for (auto** p : {&da, &db, &dc}) OK(cudaMalloc(p, n * n * sizeof(float)));
  OK(cudaMemcpy(da, a.data(), n * n * sizeof(float), cudaMemcpyHostToDevice));
  OK(cudaMemcpy(db, b.data(), n * n * sizeof(float), cudaMemcpyHostToDevice));
  const dim3 grid(n / kTile, n / kTile), block(kTile, kTile);
  multiply<<<grid, block>>>(da, db, dc, n);
  OK(cudaMemcpy(c.data(), dc, n * n * sizeof(float), cudaMemcpyDeviceToHost));
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      float sum = 0;  // small whole numbers: every order of summation is exact
      for (int k = 0; k < n; ++k) sum += a[y * n + k] * b[k * n + x];
      REQUIRE(c[y * n + x] == sum);
    }
  transpose<<<grid, block>>>(da, dc, n);
  OK(cudaMemcpy(c.data(), dc, n * n * sizeof(float), cudaMemcpyDeviceToHost));
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) REQUIRE(c[y * n + x] == a[x * n + y]);
  for (auto* p : {da, db, dc}) OK(cudaFree(p));
}

static void sums() {
  const int n = 4096;
  std::vector<int> host(n);
  std::vector<unsigned char> bytes(n);
  int total = 0;
  for (int i = 0; i < n; ++i) total += host[i] = i % 13, bytes[i] = static_cast<unsigned char>(i * 7);
  int *in, *out;
  unsigned char* text;
  OK(cudaMalloc(&in, n * sizeof(int)));
  OK(cudaMalloc(&out, 256 * sizeof(int)));
  OK(cudaMalloc(&text, n));
  OK(cudaMemcpy(in, host.data(), n * sizeof(int), cudaMemcpyHostToDevice));
  OK(cudaMemcpy(text, bytes.data(), n, cudaMemcpyHostToDevice));
  OK(cudaMemset(out, 0, 256 * sizeof(int)));
  reduce<<<4, 128>>>(in, out, n);
  REQUIRE(host_copy(out, 1)[0] == total);
  OK(cudaMemset(out, 0, 256 * sizeof(int)));
  histogram<<<4, 256>>>(text, reinterpret_cast<unsigned*>(out), n);
  REQUIRE(all_are(host_copy(out, 256), n / 256));
  scan<<<1, 256, 256 * sizeof(int)>>>(in);
  const auto scanned = host_copy(in, 256);
  for (int i = 0, sum = 0; i < 256; ++i) REQUIRE(scanned[i] == (sum += host[i]));
  OK(cudaFree(in));
  OK(cudaFree(out));
  OK(cudaFree(text));
}

static void streams() {
  const int count = 4, n = 256;
  int *host, *device;
  OK(cudaMallocHost(&host, count * n * sizeof(int)));
  OK(cudaMalloc(&device, count * n * sizeof(int)));
  cudaStream_t s[count];
  for (int i = 0; i < count; ++i) {
    OK(cudaStreamCreate(&s[i]));
    fill<<<n / 64, 64, 0, s[i]>>>(device + i * n, i, n);
    OK(cudaMemcpyAsync(host + i * n, device + i * n, n * sizeof(int), cudaMemcpyDeviceToHost, s[i]));
  }
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < count * n; ++i) REQUIRE(host[i] == i / n);
  for (auto each : s) OK(cudaStreamDestroy(each));
  OK(cudaFreeHost(host));
  OK(cudaFree(device));
}

int main() {
  matrices();
  sums();
  streams();
  std::puts("ok");
}
