// sample / argmax: the largest value of a row. 256 threads a piece of a row; the block that ends last finds the best of
// all pieces.
//   traffic   logits once, and 8 bytes a piece
//   accepts   f32 and bf16 logits, any strides; history ids inside of the vocabulary; no draw, no probabilities
//   numerics  none but the penalty's; among equals the lowest id, whatever the pieces are
#pragma once
#include "glimpse/device/block_reduce.cuh"
#include "glimpse/device/last_block.cuh"
#include "glimpse/kernels/sample/row.cuh"

namespace glimpse::kernels {

// Blocks of a row: eight tokens a thread, up to a full device.
constexpr int sample_pieces(int64_t vocabulary) {
  const int64_t pieces = dev::blocks_of(vocabulary, kSampleThreads * 8);
  return int(pieces < 128 ? pieces : 128);
}

struct SampleScratch {
  SampleBest best, part[128];  // part: of each piece
};

template <class T> struct SampleArgmaxParams {
  SampleParams<T> sample;
  SampleScratch* scratch;  // [rows]
  unsigned* tickets;       // [rows], zero before and after
};

// f(i) for each token of this block's piece. Blocks: pieces by rows.
template <class F> __device__ void each_token(int64_t vocabulary, F f) {
  const int64_t step = int64_t(gridDim.x) * kSampleThreads;
#pragma unroll 4
  for (int64_t i = int64_t(blockIdx.x) * kSampleThreads + threadIdx.x; i < vocabulary; i += step) f(int(i));
}

// The best of the row out of one a thread, in the last block only (true there): every thread has it.
__device__ inline bool best_of_row(SampleBest& best, SampleScratch& scratch, unsigned* ticket) {
  best = dev::block_reduce<kSampleThreads>(best, better);
  if (threadIdx.x == 0) scratch.part[blockIdx.x] = best;
  if (!dev::last_block(ticket, gridDim.x)) return false;
  const SampleBest none{-INFINITY, 0};
  best = threadIdx.x < gridDim.x ? scratch.part[threadIdx.x] : none;
  best = dev::block_reduce<kSampleThreads>(best, better);
  return true;
}

template <class T> __global__ void __launch_bounds__(kSampleThreads) sample_argmax(const SampleArgmaxParams<T> p) {
  const int64_t b = blockIdx.y;
  SampleBest best{-INFINITY, 0};
  each_token(p.sample.logits.shape[1], [&](int i) { best = better(best, {sample_value(p.sample, b, i), i}); });
  if (!best_of_row(best, p.scratch[b], p.tickets + b) || threadIdx.x) return;
  p.scratch[b].best = best;
  p.sample.token(b) = best.id;
}

// The marks are made.
template <class T> cudaError_t launch_sample_argmax(const SampleArgmaxParams<T>& p, cudaStream_t stream) {
  const auto& logits = p.sample.logits;
  return dev::launch(sample_argmax<T>, {sample_pieces(logits.shape[1]), logits.shape[0]}, kSampleThreads, 0, stream, p);
}

}  // namespace glimpse::kernels
