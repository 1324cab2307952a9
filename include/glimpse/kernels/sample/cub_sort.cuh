// sample / cub_sort: each row sorted by CUB's radix sort; then one block walks the kept end of it.
//   traffic   logits once; 8 bytes a token written and read in each of CUB's four passes; the kept end 2 or 3 times
//   accepts   f32 and bf16 logits, any strides; history ids inside of the vocabulary
//   numerics  the contract's: f32 values, integer masses in steps of 2^-40, Philox; equal tokens on every device
#pragma once
#include <cub/block/block_scan.cuh>
#include <cub/device/device_radix_sort.cuh>

#include "glimpse/device/block_reduce.cuh"
#include "glimpse/kernels/sample/row.cuh"

namespace glimpse::kernels {

// One row, and its tokens: ascending by value, among equals by id.
template <class T> struct CubSortParams {
  SampleParams<T> sample;
  int64_t row;
  uint32_t* order;
  int32_t* id;
  int count;
};

template <class T> __global__ void __launch_bounds__(kSampleThreads) sample_cub_sort_fill(const CubSortParams<T> p) {
  const int i = int(blockIdx.x * kSampleThreads + threadIdx.x);
  if (i < p.count) p.order[i] = order_of(sample_value(p.sample, p.row, i)), p.id[i] = i;
}

constexpr int kCubSortThreads = 512;

// The first place in the ascending order that is not below `least`.
inline __device__ int first_from(const uint32_t* order, int count, uint32_t least) {
  int lo = 0, hi = count;
  while (lo < hi) {
    const int middle = (lo + hi) / 2;
    if (order[middle] < least)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo;
}

template <class T> __device__ float sorted_weight(const CubSortParams<T>& p, int r) {
  return sample_weight(value_of(p.order[r]), value_of(p.order[p.count - 1]));
}

template <class T> __device__ unsigned long long mass_from(const CubSortParams<T>& p, int first, float min_weight) {
  unsigned long long sum = 0;
  for (int r = first + int(threadIdx.x); r < p.count; r += kCubSortThreads) {
    const float w = sorted_weight(p, r);
    if (w >= min_weight) sum += sample_mass(w);
  }
  return dev::block_sum<kCubSortThreads>(sum);
}

// Where top-p begins to keep: the first place whose inclusive sum of masses exceeds the cut; the last always stays.
template <class T> __device__ int first_of_top_p(const CubSortParams<T>& p, int first) {
  using Scan = cub::BlockScan<unsigned long long, kCubSortThreads>;
  __shared__ typename Scan::TempStorage storage;
  const unsigned long long total = mass_from(p, first, 0.f);
  const auto cut = (unsigned long long)(double(p.sample.light) * double(total));
  for (unsigned long long sum = 0; first < p.count; first += kCubSortThreads) {
    const int r = first + int(threadIdx.x);
    unsigned long long mass = r < p.count ? sample_mass(sorted_weight(p, r)) : 0, tile;
    Scan(storage).InclusiveSum(mass, mass, tile);
    const int gone = __syncthreads_count(sum + mass <= cut);
    if (gone < kCubSortThreads) return min(first + gone, p.count - 1);
    sum += tile;
  }
  return p.count - 1;
}

template <class T> __global__ void __launch_bounds__(kCubSortThreads) sample_cub_sort(const CubSortParams<T> p) {
  const auto& a = p.sample;
  int first = 0;
  if (a.draw && a.top_k > 0 && a.top_k < p.count) first = first_from(p.order, p.count, p.order[p.count - a.top_k]);
  if (a.draw && a.light > 0) first = first_of_top_p(p, first);
  const float min_weight = a.draw ? a.min_p : 0;
  SampleBest best{-INFINITY, 0};
  for (int r = first + int(threadIdx.x); r < p.count && a.draw; r += kCubSortThreads) {
    const float w = sorted_weight(p, r);
    if (w > 0 && w >= min_weight) best = better(best, {sample_key(a, p.row, w, p.id[r]), p.id[r]});
  }
  best = dev::block_reduce<kCubSortThreads>(best, better);
  if (!a.draw) best.id = p.id[first_from(p.order, p.count, p.order[p.count - 1])];  // the lowest id of the largest
  if (threadIdx.x == 0) a.token(p.row) = best.id;
  if (!a.probs.data) return;
  const auto unit = float(double(mass_from(p, first, min_weight)) / kSampleMassUnit);
  for (int r = int(threadIdx.x); r < p.count; r += kCubSortThreads) {
    const float w = r < first ? 0.f : sorted_weight(p, r);
    a.probs(p.row, p.id[r]) = w >= min_weight ? w / unit : 0.f;
  }
}

// CUB's scratch for a row of `count`.
inline cudaError_t cub_sort_bytes(size_t& bytes, int count) {
  cub::DoubleBuffer<uint32_t> order;
  cub::DoubleBuffer<int32_t> id;
  return cub::DeviceRadixSort::SortPairs(nullptr, bytes, order, id, count);
}

// The marks are made. order and id: two rows' worth each; p.row, p.order, p.id and p.count are filled in here.
template <class T>
cudaError_t launch_sample_cub_sort(CubSortParams<T> p, uint32_t* order, int32_t* id, void* scratch, size_t bytes,
                                   cudaStream_t stream) {
  p.count = int(p.sample.logits.shape[1]);
  for (p.row = 0; p.row < p.sample.logits.shape[0]; ++p.row) {
    cub::DoubleBuffer<uint32_t> orders(order, order + p.count);
    cub::DoubleBuffer<int32_t> ids(id, id + p.count);
    p.order = orders.Current(), p.id = ids.Current();
    const dev::Grid fill{dev::blocks_of(p.count, kSampleThreads)};
    if (const auto e = dev::launch(sample_cub_sort_fill<T>, fill, kSampleThreads, 0, stream, p)) return e;
    if (const auto e = cub::DeviceRadixSort::SortPairs(scratch, bytes, orders, ids, p.count, 0, 32, stream)) return e;
    p.order = orders.Current(), p.id = ids.Current();
    if (const auto e = dev::launch(sample_cub_sort<T>, {1}, kCubSortThreads, 0, stream, p)) return e;
  }
  return cudaSuccess;
}

}  // namespace glimpse::kernels
