// sample / pivot: no sort. The thresholds of top-k and top-p are found digit by digit on the values' bits: each pass,
// 256 threads a piece of a row, counts (top-k) or weighs (top-p) the tokens by their next 11 bits; the block that ends
// last picks the digit.
//   traffic   logits once a pass, mostly from L2: 1 for the largest, 3 for top-k, 5 for top-p (the last 2 by id, among
//             equals), 1 for the draw, 1 for probabilities
//   accepts   f32 and bf16 logits, any strides; history ids inside of the vocabulary
//   numerics  the contract's: f32 values, integer masses in steps of 2^-40, Philox; equal tokens on every device
#pragma once
#include <cub/block/block_scan.cuh>

#include "glimpse/kernels/sample/argmax.cuh"

namespace glimpse::kernels {

constexpr int kPivotDigit = 11, kPivotBins = 1 << kPivotDigit;

// A row's state between the passes; all zero before.
struct PivotState {
  uint64_t prefix;            // the digits found so far
  unsigned long long cut;     // what may still go from the light end
  uint64_t first;             // top-p keeps orders from here up
  uint32_t least;             // top-k keeps values of this order and above
  unsigned long long total;   // mass of what is kept at last
  unsigned long long bins[kPivotBins];
};

template <class T> struct PivotParams {
  SampleParams<T> sample;
  SampleScratch* scratch;  // [rows]; best: the largest value
  unsigned* tickets;       // [rows], zero before and after
  PivotState* state;       // [rows]
  int shift, width;        // of a pass: where the digit lies in the order
};

// Relative weight; zero where the token is cut.
template <class T> __device__ float pivot_weight(const PivotParams<T>& p, int64_t b, int i) {
  const PivotState& s = p.state[b];
  const float v = sample_value(p.sample, b, i);
  if (order_of(v) < s.least || order_of(v, i) < s.first) return 0;
  const float w = sample_weight(v, p.scratch[b].best.key);
  return p.sample.draw && w < p.sample.min_p ? 0.f : w;
}

// Top-p does not see min-p, which comes behind it.
template <class T> __device__ unsigned long long pivot_mass(const PivotParams<T>& p, int64_t b, int i) {
  const float v = sample_value(p.sample, b, i);
  return order_of(v) < p.state[b].least ? 0 : sample_mass(sample_weight(v, p.scratch[b].best.key));
}

// The digit at which the sums from the light end first exceed the cut; empties the bins. One block, all threads.
template <class T> __device__ void pick_digit(const PivotParams<T>& p, PivotState& s, bool weigh) {
  constexpr int kEach = kPivotBins / kSampleThreads;
  using Scan = cub::BlockScan<unsigned long long, kSampleThreads>;
  __shared__ typename Scan::TempStorage storage;
  unsigned long long* bins = s.bins + threadIdx.x * kEach;  // this thread's
  unsigned long long sum = 0, before, total;
  for (int j = 0; j < kEach; ++j) sum += bins[j];
  Scan(storage).ExclusiveSum(sum, before, total);
  const bool begins = p.shift + p.width == 32 + kSampleIdBits;  // the first digit
  unsigned long long cut = s.cut;
  if (begins && weigh)  // the last token always stays
    cut = min((unsigned long long)(double(p.sample.light) * double(total)), total - 1);
  else if (begins)
    cut = (unsigned long long)(p.sample.logits.shape[1] - p.sample.top_k);
  const uint64_t prefix = begins ? 0 : s.prefix;
  __syncthreads();  // all have read the state
  if (before <= cut && cut < before + sum) {
    int j = 0;
    for (; cut >= before + bins[j]; ++j) before += bins[j];
    s.prefix = prefix << p.width | uint64_t(threadIdx.x * kEach + j), s.cut = cut - before;
    if (weigh && p.shift == 0) s.first = s.prefix;
    if (!weigh && p.shift == kSampleIdBits) s.least = uint32_t(s.prefix);
  }
  for (int j = 0; j < kEach; ++j) bins[j] = 0;
}

// A block's bins, whose halves are added to by 32-bit atomics: a 64-bit one in shared memory is a loop of
// compare-and-swap, and most tokens share few bins. Exact in any order: every carry is seen by one of those that add.
struct PivotBins {
  uint32_t low[kPivotBins], high[kPivotBins];
  __device__ void add(int bin, unsigned long long n) {
    const uint32_t part = uint32_t(n), old = atomicAdd(&low[bin], part);
    const uint32_t up = uint32_t(n >> 32) + (old + part < old);
    if (up) atomicAdd(&high[bin], up);
  }
};

// One digit of top-k (Weigh false) or top-p.
template <bool Weigh, class T>
__global__ void __launch_bounds__(kSampleThreads) sample_pivot_digit(const PivotParams<T> p) {
  __shared__ PivotBins bins;
  const int64_t b = blockIdx.y;
  PivotState& s = p.state[b];
  for (int i = int(threadIdx.x); i < kPivotBins; i += kSampleThreads) bins.low[i] = bins.high[i] = 0;
  __syncthreads();
  const bool begins = p.shift + p.width == 32 + kSampleIdBits;
  const uint64_t prefix = begins ? 0 : s.prefix;
  each_token(p.sample.logits.shape[1], [&](int i) {
    const uint64_t order = order_of(sample_value(p.sample, b, i), i);
    if (order >> p.shift >> p.width != prefix) return;
    const unsigned long long n = Weigh ? pivot_mass(p, b, i) : 1;
    if (n) bins.add(int(order >> p.shift & ((1u << p.width) - 1)), n);
  });
  __syncthreads();
  for (int i = int(threadIdx.x); i < kPivotBins; i += kSampleThreads) {
    const unsigned long long n = (unsigned long long)(bins.high[i]) << 32 | bins.low[i];
    if (n) atomicAdd(&s.bins[i], n);
  }
  if (dev::last_block(p.tickets + b, gridDim.x)) pick_digit(p, s, Weigh);
}

// The token, and what the kept ones weigh together.
template <class T> __global__ void __launch_bounds__(kSampleThreads) sample_pivot_draw(const PivotParams<T> p) {
  const int64_t b = blockIdx.y;
  const bool draw = p.sample.draw;
  SampleBest best{-INFINITY, 0};
  unsigned long long total = 0;
  each_token(p.sample.logits.shape[1], [&](int i) {
    const float w = pivot_weight(p, b, i);
    total += sample_mass(w);
    if (draw && w > 0) best = better(best, {sample_key(p.sample, b, w, i), i});
  });
  total = dev::block_sum<kSampleThreads>(total);
  if (threadIdx.x == 0) atomicAdd(&p.state[b].total, total);
  if (draw && best_of_row(best, p.scratch[b], p.tickets + b) && threadIdx.x == 0) p.sample.token(b) = best.id;
}

template <class T> __global__ void __launch_bounds__(kSampleThreads) sample_pivot_probs(const PivotParams<T> p) {
  const int64_t b = blockIdx.y;
  const auto unit = float(double(p.state[b].total) / kSampleMassUnit);
  each_token(p.sample.logits.shape[1], [&](int i) { p.sample.probs(b, i) = pivot_weight(p, b, i) / unit; });
}

// Digits of `bits` upper bits of the order, from the top.
template <bool Weigh, class T>
cudaError_t launch_pivot_digits(PivotParams<T> p, dev::Grid grid, int bits, cudaStream_t stream) {
  constexpr int kWidths[] = {11, 11, 10, 11, 11};  // of value, value, value, id, id
  p.shift = 32 + kSampleIdBits;
  for (int i = 0; bits > 0; bits -= kWidths[i++]) {
    p.width = kWidths[i], p.shift -= p.width;
    if (const auto e = dev::launch(sample_pivot_digit<Weigh, T>, grid, kSampleThreads, 0, stream, p)) return e;
  }
  return cudaSuccess;
}

// The marks are made; the state is zero.
template <class T> cudaError_t launch_sample_pivot(const PivotParams<T>& p, cudaStream_t stream) {
  const auto& a = p.sample;
  const int64_t vocabulary = a.logits.shape[1];
  const dev::Grid grid{sample_pieces(vocabulary), a.logits.shape[0]};
  if (const auto e = launch_sample_argmax<T>({a, p.scratch, p.tickets}, stream)) return e;
  if (a.draw && a.top_k > 0 && a.top_k < vocabulary)
    if (const auto e = launch_pivot_digits<false>(p, grid, 32, stream)) return e;
  if (a.draw && a.light > 0)
    if (const auto e = launch_pivot_digits<true>(p, grid, 32 + kSampleIdBits, stream)) return e;
  if (a.draw || a.probs.data)
    if (const auto e = dev::launch(sample_pivot_draw<T>, grid, kSampleThreads, 0, stream, p)) return e;
  return a.probs.data ? dev::launch(sample_pivot_probs<T>, grid, kSampleThreads, 0, stream, p) : cudaSuccess;
}

}  // namespace glimpse::kernels
