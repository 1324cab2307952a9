// sample / radix: one block of 256 threads a row; thresholds by radix selection on the values' bits, no sort.
//   traffic   logits read from cache about 8 times (4 passes for top-k, 7 for top-p, 4 others), marks of the penalty
//   accepts   f32 and bf16 logits, any strides, up to 2^24 ids; history ids inside of the vocabulary
//   numerics  the contract's: f32 values, integer masses in steps of 2^-40, Philox; equal tokens on every device
#pragma once
#include "glimpse/core/philox.h"
#include "glimpse/core/tensor.h"
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T> struct SampleRadixParams {
  View<T, 2> logits;                        // [rows, vocabulary]
  View<int32_t, 2> history;                 // [rows, ids], may be without data
  View<int32_t, 1> history_len;             // [rows], with history
  View<int32_t, 1> stream, step;            // [rows]; without data: the row, and 0
  View<float, 2> probs;                     // [rows, vocabulary], may be without data
  View<int32_t, 1> token;                   // [rows]
  uint8_t* marks;                           // [rows, vocabulary], with history and a penalty, else null
  uint64_t seed;
  float temperature, top_p, min_p, penalty;  // not drawing: only the penalty counts
  int top_k;
  bool draw;
};

namespace sample_radix_detail {

constexpr int kThreads = 256, kDigit = 8, kIdBits = 24, kValueBits = 32;
constexpr double kMassUnit = 1099511627776.0;  // 2^40

inline __device__ unsigned long long mass(float weight) { return (unsigned long long)(double(weight) * kMassUnit); }

// Ascending by value, then by id. Adding zero makes a negative zero a positive one: they are equals.
inline __device__ uint64_t order_of(float value, int64_t id) {
  const uint32_t bits = __float_as_uint(value + 0.f);
  return uint64_t(bits & 0x80000000u ? ~bits : bits | 0x80000000u) << kIdBits | uint64_t(id);
}

struct Best {
  float key;
  int id;
};

// The larger key; among equals the lower id.
inline __device__ Best better(Best a, Best b) { return b.key > a.key || (b.key == a.key && b.id < a.id) ? b : a; }

// The row as the contract's steps see it: each cuts more.
template <class T> struct Row {
  const SampleRadixParams<T>& p;
  int64_t b;
  const uint8_t* marks;
  float top = 0, least = -INFINITY;  // largest value; top-k keeps values from `least` up
  uint64_t first = 0;                // top-p keeps orders from `first` up
  float min_weight = 0;

  // After penalty and temperature.
  __device__ float value(int64_t i) const {
    float v = dev::load(&p.logits(b, i));
    if (marks && marks[i]) v = v < 0 ? v * p.penalty : v / p.penalty;
    return p.draw ? v / p.temperature : v;
  }
  // Relative to the largest; zero where the token is cut.
  __device__ float weight(int64_t i) const {
    const float v = value(i);
    if (v < least || order_of(v, i) < first) return 0;
    const float w = v == top ? 1.f : exp_same(v - top);
    return w < min_weight ? 0.f : w;
  }
};

// The smallest order such that all up to it weigh more than `cut`, to the `bits` upper ones; there is one. amount(i) is
// what id i weighs. A digit a pass: the amounts of the ids with the digits found so far, by their next digit.
template <class T, class Amount>
__device__ uint64_t select(const Row<T>& row, unsigned long long cut, int bits, Amount amount) {
  __shared__ unsigned long long bins[1 << kDigit], found_cut;
  __shared__ uint64_t found;
  const int64_t vocabulary = row.p.logits.shape[1];
  uint64_t prefix = 0;
  for (int shift = kValueBits + kIdBits - kDigit; shift >= kValueBits + kIdBits - bits; shift -= kDigit) {
    bins[threadIdx.x] = 0;  // as many as threads
    __syncthreads();
    for (int64_t i = threadIdx.x; i < vocabulary; i += kThreads) {
      const uint64_t order = order_of(row.value(i), i);
      if (order >> shift >> kDigit != prefix) continue;
      const unsigned long long n = amount(i);
      if (n) atomicAdd(&bins[order >> shift & ((1 << kDigit) - 1)], n);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      int digit = 0;
      for (; digit + 1 < 1 << kDigit && bins[digit] <= cut; ++digit) cut -= bins[digit];
      found = prefix << kDigit | uint64_t(digit), found_cut = cut;
    }
    __syncthreads();
    prefix = found, cut = found_cut;
    __syncthreads();
  }
  return prefix << (kValueBits + kIdBits - bits);
}

template <class T> __device__ unsigned long long total_mass(const Row<T>& row) {
  unsigned long long sum = 0;
  for (int64_t i = threadIdx.x; i < row.p.logits.shape[1]; i += kThreads) sum += mass(row.weight(i));
  return dev::block_sum<kThreads>(sum);
}

// Marks the ids that the row has seen.
template <class T> __device__ void mark(const SampleRadixParams<T>& p, int64_t b, uint8_t* marks) {
  for (int64_t i = threadIdx.x; i < p.logits.shape[1]; i += kThreads) marks[i] = 0;
  __syncthreads();
  const int64_t length = min(int64_t(p.history_len(b)), p.history.shape[1]);
  for (int64_t i = threadIdx.x; i < length; i += kThreads) marks[p.history(b, i)] = 1;
  __syncthreads();
}

// Temperature is in the values already; top-k, top-p, min-p one after the other.
template <class T> __device__ void cut(Row<T>& row) {
  const int64_t vocabulary = row.p.logits.shape[1];
  if (row.p.top_k > 0 && row.p.top_k < vocabulary) {
    const auto each = [](int64_t) { return 1ull; };
    const uint64_t order = select(row, (unsigned long long)(vocabulary - row.p.top_k), kValueBits, each);
    const auto bits = uint32_t(order >> kIdBits);
    row.least = __uint_as_float(bits & 0x80000000u ? bits & 0x7fffffffu : ~bits);
  }
  if (row.p.top_p < 1) {
    const unsigned long long total = total_mass(row);
    const auto light = (unsigned long long)(double(1.f - row.p.top_p) * double(total));
    const auto weigh = [&](int64_t i) { return mass(row.weight(i)); };
    row.first = select(row, min(light, total - 1), kValueBits + kIdBits, weigh);  // the last token always stays
  }
  row.min_weight = row.p.min_p;
}

}  // namespace sample_radix_detail

template <class T> __global__ void __launch_bounds__(256) sample_radix(const SampleRadixParams<T> p) {
  using namespace sample_radix_detail;
  const int64_t b = blockIdx.x, vocabulary = p.logits.shape[1];
  uint8_t* marks = p.marks ? p.marks + b * vocabulary : nullptr;
  if (marks) mark(p, b, marks);
  Row<T> row{p, b, marks};
  Best best{-INFINITY, 0};
  for (int64_t i = threadIdx.x; i < vocabulary; i += kThreads) best = better(best, {row.value(i), int(i)});
  best = dev::block_reduce<kThreads>(best, better);
  row.top = best.key;
  if (p.draw) {
    cut(row);
    const auto stream = uint32_t(p.stream.data ? p.stream(b) : int(b)), step = uint32_t(p.step.data ? p.step(b) : 0);
    best = {-INFINITY, 0};
    for (int64_t i = threadIdx.x; i < vocabulary; i += kThreads) {
      const float w = row.weight(i);
      if (w > 0) best = better(best, {w / exponential(p.seed, stream, step, uint32_t(i)), int(i)});
    }
    best = dev::block_reduce<kThreads>(best, better);
  }
  if (threadIdx.x == 0) p.token(b) = best.id;
  if (!p.probs.data) return;
  const auto unit = float(double(total_mass(row)) / kMassUnit);
  for (int64_t i = threadIdx.x; i < vocabulary; i += kThreads) p.probs(b, i) = row.weight(i) / unit;
}

template <class T> cudaError_t launch_sample_radix(const SampleRadixParams<T>& p, cudaStream_t stream) {
  return dev::launch(sample_radix<T>, {p.logits.shape[0]}, sample_radix_detail::kThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
