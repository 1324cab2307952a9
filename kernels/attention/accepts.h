// What the tensor-core variants of attention accept alike, and the parameters they share.
#pragma once
#include "glimpse/device/accepts.h"
#include "glimpse/device/launch.cuh"
#include "glimpse/ops/attention.h"

namespace glimpse::kernels {

constexpr float kLog2E = 1.4426950408889634f;

inline bool attention_rejects(const op::Attention& a, Reason& reason) {
  if (a.q.shape[2] != 64 && a.q.shape[2] != 128)
    return reason.set("the head size is %lld, it takes 64 and 128", (long long)a.q.shape[2]);
  if (!(a.scale > 0)) return reason.set("the scale is %g, not positive", double(a.scale));
  if (a.kv_len.shape[0] > dev::kMostGridY)
    return reason.set("%lld sequences, at most %lld", (long long)a.kv_len.shape[0], (long long)dev::kMostGridY);
  return dev::not_aligned_bf16("q", a.q, reason) || dev::not_aligned_bf16("k", a.k, reason) ||
         dev::not_aligned_bf16("v", a.v, reason) || dev::not_aligned_bf16("o", a.o, reason);
}

inline const int32_t* numbers(const TensorView& t) { return t ? view<int32_t, 1>(t).data : nullptr; }

template <class Params> Params attention_params(const op::Attention& a) {
  Params p{};
  const auto q = view<bf16, 3>(a.q), o = view<bf16, 3>(a.o);
  const auto k = view<bf16, 4>(a.k), v = view<bf16, 4>(a.v);
  p.q = q.data, p.q_row = q.stride[0], p.q_head = q.stride[1];
  p.o = o.data, p.o_row = o.stride[0], p.o_head = o.stride[1];
  p.k = k.data, p.k_slot = k.stride[0], p.k_head = k.stride[1], p.k_row = k.stride[2];
  p.v = v.data, p.v_slot = v.stride[0], p.v_head = v.stride[1], p.v_row = v.stride[2];
  p.q_offsets = numbers(a.q_offsets), p.kv_len = numbers(a.kv_len);
  p.kv_slot = numbers(a.kv_slot), p.kv_start = numbers(a.kv_start);
  p.group = int(q.shape[1] / k.shape[1]), p.batch = int(a.kv_len.shape[0]);
  p.max_q = a.max_q, p.causal = a.causal, p.scale2 = a.scale * kLog2E;
  return p;
}

}  // namespace glimpse::kernels
