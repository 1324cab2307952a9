// CUB's device-wide algorithms against host arithmetic.
#include <cub/cub.cuh>

#include <algorithm>
#include <numeric>

#include "runtime_test.h"

template <class F>
static void with_temporary(F&& run) {
  size_t bytes = 0;
  void* temporary = nullptr;
  OK(run(temporary, bytes));
  OK(cudaMalloc(&temporary, bytes));
  OK(run(temporary, bytes));
  OK(cudaFree(temporary));
}

int main() {
  const int n = 10000;
  std::vector<int> host(n);
  for (int i = 0; i < n; ++i) host[i] = static_cast<int>(i * 2654435761u % 1000u);
  int *in, *out, *count;
  OK(cudaMalloc(&in, n * sizeof(int)));
  OK(cudaMalloc(&out, n * sizeof(int)));
  OK(cudaMalloc(&count, sizeof(int)));
  OK(cudaMemcpy(in, host.data(), n * sizeof(int), cudaMemcpyHostToDevice));
  with_temporary([&](void* t, size_t& b) { return cub::DeviceReduce::Sum(t, b, in, out, n); });
  REQUIRE(host_copy(out, 1)[0] == std::accumulate(host.begin(), host.end(), 0));
  with_temporary([&](void* t, size_t& b) { return cub::DeviceScan::ExclusiveSum(t, b, in, out, n); });
  std::vector<int> expected(n);
  std::exclusive_scan(host.begin(), host.end(), expected.begin(), 0);
  REQUIRE(host_copy(out, n) == expected);
  with_temporary([&](void* t, size_t& b) { return cub::DeviceRadixSort::SortKeys(t, b, in, out, n); });
  expected = host;
  std::sort(expected.begin(), expected.end());
  REQUIRE(host_copy(out, n) == expected);
  OK(cudaMemset(out, 0, n * sizeof(int)));
  with_temporary(
      [&](void* t, size_t& b) { return cub::DeviceHistogram::HistogramEven(t, b, in, out, 11, 0, 1000, n); });
  std::vector<int> bins(10);
  for (const int x : host) ++bins[x / 100];
  REQUIRE(host_copy(out, 10) == bins);
  const auto even = [] __device__(int x) { return x % 2 == 0; };
  with_temporary([&](void* t, size_t& b) { return cub::DeviceSelect::If(t, b, in, out, count, n, even); });
  REQUIRE(host_copy(count, 1)[0] == std::count_if(host.begin(), host.end(), [](int x) { return x % 2 == 0; }));
  std::puts("ok");
}
