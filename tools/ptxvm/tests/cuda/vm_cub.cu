// CUB's block- and device-wide algorithms against the standard library.
#include <algorithm>
#include <cub/cub.cuh>
#include <map>
#include <numeric>

#include "runtime_test.h"

template <int kThreads, int kItems>
__global__ void block_wide(const int* in, int* out) {
  using Reduce = cub::BlockReduce<int, kThreads>;
  using Scan = cub::BlockScan<int, kThreads>;
  using Sort = cub::BlockRadixSort<int, kThreads, kItems>;
  using Load = cub::BlockLoad<int, kThreads, kItems, cub::BLOCK_LOAD_TRANSPOSE>;
  __shared__ union {
    typename Reduce::TempStorage reduce;
    typename Scan::TempStorage scan;
    typename Sort::TempStorage sort;
    typename Load::TempStorage load;
  } s;
  int v[kItems];
  Load(s.load).Load(in, v);
  __syncthreads();
  const int sum = Reduce(s.reduce).Sum(v);
  __syncthreads();
  int scanned[kItems];
  Scan(s.scan).InclusiveSum(v, scanned);
  __syncthreads();
  Sort(s.sort).Sort(v);
  if (threadIdx.x == 0) out[0] = sum;
  for (int k = 0; k < kItems; ++k) {
    out[1 + threadIdx.x * kItems + k] = scanned[k];
    out[1 + kThreads * kItems + threadIdx.x * kItems + k] = v[k];
  }
}

template <class F>
void with_storage(F call) {
  size_t bytes = 0;
  OK(call(nullptr, bytes));
  void* storage;
  OK(cudaMalloc(&storage, bytes + 1));
  OK(call(storage, bytes));
  OK(cudaFree(storage));
}

template <int kThreads, int kItems>
void check_block(const std::vector<int>& v, const int* in, int* out) {
  block_wide<kThreads, kItems><<<1, kThreads>>>(in, out);
  constexpr int n = kThreads * kItems;
  const auto r = host_copy(out, 2 * n + 1);
  std::vector<int> sorted(v.begin(), v.begin() + n), sums(n);
  std::partial_sum(sorted.begin(), sorted.end(), sums.begin());
  std::sort(sorted.begin(), sorted.end());
  REQUIRE(r[0] == sums.back());
  REQUIRE(std::equal(sums.begin(), sums.end(), r.begin() + 1));
  REQUIRE(std::equal(sorted.begin(), sorted.end(), r.begin() + 1 + n));
}

struct Even {
  __host__ __device__ bool operator()(int v) const { return v % 2 == 0; }
};

int main() {
  const int n = 50000;
  std::vector<int> v(n);
  unsigned long long x = 1234567;
  for (auto& e : v) x = x * 6364136223846793005ull + 1442695040888963407ull, e = int(x >> 33) % 200000 - 100000;
  int *in, *out, *extra;
  OK(cudaMalloc(&in, n * 4));
  OK(cudaMalloc(&out, n * 4));
  OK(cudaMalloc(&extra, n * 4));
  OK(cudaMemcpy(in, v.data(), n * 4, cudaMemcpyHostToDevice));
  check_block<128, 4>(v, in, out);
  check_block<64, 1>(v, in, out);
  check_block<256, 7>(v, in, out);

  with_storage([&](void* s, size_t& b) { return cub::DeviceReduce::Sum(s, b, in, out, n); });
  REQUIRE(host_copy(out, 1)[0] == std::accumulate(v.begin(), v.end(), 0));
  with_storage([&](void* s, size_t& b) { return cub::DeviceReduce::Max(s, b, in, out, n); });
  REQUIRE(host_copy(out, 1)[0] == *std::max_element(v.begin(), v.end()));
  with_storage([&](void* s, size_t& b) { return cub::DeviceScan::InclusiveSum(s, b, in, out, n); });
  std::vector<int> sums(n);
  std::partial_sum(v.begin(), v.end(), sums.begin());
  REQUIRE(host_copy(out, n) == sums);
  with_storage([&](void* s, size_t& b) { return cub::DeviceRadixSort::SortKeys(s, b, in, out, n); });
  auto sorted = v;
  std::sort(sorted.begin(), sorted.end());
  REQUIRE(host_copy(out, n) == sorted);
  // Pairs keep the order of equal keys.
  std::vector<int> keys(n), index(n);
  for (int i = 0; i < n; ++i) keys[i] = v[i] & 255, index[i] = i;
  int *dk, *di;
  OK(cudaMalloc(&dk, n * 4));
  OK(cudaMalloc(&di, n * 4));
  OK(cudaMemcpy(dk, keys.data(), n * 4, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(di, index.data(), n * 4, cudaMemcpyHostToDevice));
  with_storage([&](void* s, size_t& b) { return cub::DeviceRadixSort::SortPairs(s, b, dk, out, di, extra, n); });
  std::stable_sort(index.begin(), index.end(), [&](int a, int b) { return keys[a] < keys[b]; });
  REQUIRE(host_copy(extra, n) == index);
  with_storage([&](void* s, size_t& b) { return cub::DeviceSelect::If(s, b, in, out, extra, n, Even()); });
  std::vector<int> even;
  std::copy_if(v.begin(), v.end(), std::back_inserter(even), Even());
  const int selected = host_copy(extra, 1)[0];
  REQUIRE(selected == int(even.size()) && host_copy(out, selected) == even);
  OK(cudaMemset(out, 0, 64 * 4));
  with_storage([&](void* s, size_t& b) { return cub::DeviceHistogram::HistogramEven(s, b, dk, out, 65, 0, 256, n); });
  std::vector<int> histogram(64);
  for (int k : keys) ++histogram[k / 4];
  REQUIRE(host_copy(out, 64) == histogram);
  with_storage([&](void* s, size_t& b) { return cub::DeviceRunLengthEncode::Encode(s, b, in, out, extra, di, 1000); });
  with_storage([&](void* s, size_t& b) {
    return cub::DeviceReduce::ReduceByKey(s, b, dk, out, in, extra, di, ::cuda::std::plus<>(), n);
  });
  std::puts("ok");
}
