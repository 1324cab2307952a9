// What the sample kernels share: the parameters, a token's value and weight, their order, and the marks of the penalty.
#pragma once
#include "glimpse/core/philox.h"
#include "glimpse/core/tensor.h"
#include "glimpse/device/element.cuh"
#include "glimpse/device/launch.cuh"

namespace glimpse::kernels {

template <class T> struct SampleParams {
  View<T, 2> logits;                        // [rows, vocabulary], at most 2^22 columns
  View<int32_t, 2> history;                 // [rows, ids], may be without data
  View<int32_t, 1> history_len;             // [rows], with history
  View<int32_t, 1> stream, step;            // [rows]; without data: the row, and 0
  View<float, 2> probs;                     // [rows, vocabulary], may be without data
  View<int32_t, 1> token;                   // [rows]
  uint8_t* marks;                           // [rows, vocabulary], with history and a penalty, else null
  uint64_t seed;
  float temperature, min_p, penalty;  // not drawing: only the penalty counts
  float light;                        // the share of the mass that top-p cuts: 1 - p; 0: nothing
  int top_k;
  bool draw;
};

constexpr int kSampleIdBits = 22;
constexpr double kSampleMassUnit = 1099511627776.0;  // 2^40

// Mass in steps of 2^-40 of the largest token's: integer sums do not depend on their order.
inline __device__ unsigned long long sample_mass(float weight) {
  return (unsigned long long)(double(weight) * kSampleMassUnit);
}

// Ascending by value. Adding zero makes a negative zero a positive one: they are equals.
inline __device__ uint32_t order_of(float value) {
  const uint32_t bits = __float_as_uint(value + 0.f);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
inline __device__ float value_of(uint32_t order) {
  return __uint_as_float(order & 0x80000000u ? order & 0x7fffffffu : ~order);
}
// Ascending by value, then by id.
inline __device__ uint64_t order_of(float value, int64_t id) {
  return uint64_t(order_of(value)) << kSampleIdBits | uint64_t(id);
}

struct SampleBest {
  float key;
  int id;
};

// The larger key; among equals the lower id.
inline __device__ SampleBest better(SampleBest a, SampleBest b) {
  return b.key > a.key || (b.key == a.key && b.id < a.id) ? b : a;
}

// Token i of row b after penalty and temperature.
template <class T> __device__ float sample_value(const SampleParams<T>& p, int64_t b, int64_t i) {
  float v = dev::load(&p.logits(b, i));
  if (p.marks && p.marks[b * p.logits.shape[1] + i]) v = v < 0 ? v * p.penalty : v / p.penalty;
  return p.draw ? v / p.temperature : v;
}

// Relative to the largest value, before anything is cut.
inline __device__ float sample_weight(float value, float top) { return value == top ? 1.f : exp_same(value - top); }

// What the draw maximises.
template <class T> __device__ float sample_key(const SampleParams<T>& p, int64_t b, float weight, int id) {
  const auto stream = uint32_t(p.stream.data ? p.stream(b) : int(b)), step = uint32_t(p.step.data ? p.step(b) : 0);
  return weight / exponential(p.seed, stream, step, uint32_t(id));
}

constexpr int kSampleThreads = 256;

// A block a row: marks the ids that the row has seen.
template <class T> __global__ void __launch_bounds__(kSampleThreads) sample_mark(const SampleParams<T> p) {
  const int64_t b = blockIdx.x, vocabulary = p.logits.shape[1];
  uint8_t* marks = p.marks + b * vocabulary;
  for (int64_t i = threadIdx.x; i < vocabulary; i += kSampleThreads) marks[i] = 0;
  __syncthreads();
  const int64_t length = min(int64_t(p.history_len(b)), p.history.shape[1]);
  for (int64_t i = threadIdx.x; i < length; i += kSampleThreads) marks[p.history(b, i)] = 1;
}

// Before any other kernel of the op.
template <class T> cudaError_t launch_sample_mark(const SampleParams<T>& p, cudaStream_t stream) {
  return p.marks ? dev::launch(sample_mark<T>, {p.logits.shape[0]}, kSampleThreads, 0, stream, p) : cudaSuccess;
}

}  // namespace glimpse::kernels
