// Thrust's vector algorithms, which use streams, occupancy, temporary memory and CUB underneath.
#include <thrust/copy.h>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/host_vector.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#include <algorithm>

#include "runtime_test.h"

struct Square {
  __host__ __device__ int operator()(int x) const { return x * x; }
};
struct Odd {
  __host__ __device__ bool operator()(int x) const { return x & 1; }
};

int main() {
  const int n = 5000;
  thrust::device_vector<int> v(n), squares(n), odd(n);
  thrust::sequence(v.begin(), v.end());
  REQUIRE(thrust::reduce(v.begin(), v.end()) == n * (n - 1) / 2);
  thrust::transform(v.begin(), v.end(), squares.begin(), Square{});
  REQUIRE(squares[77] == 77 * 77);
  const auto end = thrust::copy_if(v.begin(), v.end(), odd.begin(), Odd{});
  REQUIRE(end - odd.begin() == n / 2 && odd[3] == 7);
  thrust::inclusive_scan(v.begin(), v.end(), squares.begin());
  REQUIRE(squares[100] == 5050);
  thrust::host_vector<int> shuffled(n);
  for (int i = 0; i < n; ++i) shuffled[i] = static_cast<int>(i * 2654435761u % 100003u);
  thrust::device_vector<int> keys = shuffled;
  thrust::sort(keys.begin(), keys.end());
  thrust::host_vector<int> sorted = keys;
  std::sort(shuffled.begin(), shuffled.end());
  REQUIRE(std::equal(sorted.begin(), sorted.end(), shuffled.begin()));
  std::puts("ok");
}
