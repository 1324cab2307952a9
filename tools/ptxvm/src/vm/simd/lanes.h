// Loops over the 32 lanes of a warp. Included by the files that are compiled once for each instruction set only; every
// function is internal to its file.
#pragma once

#include "../inst.h"

namespace ptxvm::lanes {

template <class T>
[[gnu::always_inline]] static inline T* at(Warp* w, uint32_t operand) {
  return static_cast<T*>(__builtin_assume_aligned(w->base[operand & 1] + (operand & ~1u), sizeof(T) == 1 ? 4 : 64));
}
[[gnu::always_inline]] static inline uint32_t& predicate(Warp* w, uint32_t operand) {
  return *reinterpret_cast<uint32_t*>(w->base[operand & 1] + (operand & ~1u));
}

// Writes r to the active lanes of d.
template <class T>
[[gnu::always_inline]] static inline void merge(T* d, const T* r, uint32_t mask) {
  for (int i = 0; i < 32; ++i) d[i] = (mask >> i & 1) != 0 ? r[i] : d[i];
}

// In front of a loop whose iterations do not depend on each other.
#ifdef __clang__
#define PTXVM_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define PTXVM_INDEPENDENT _Pragma("GCC ivdep")
#endif

// Slots of one size never overlap slots of another, so operating in place is safe lane by lane.
template <class D, class A, class F>
[[gnu::always_inline]] static inline const Inst* unary(Warp* w, const Inst* in, F f) {
  D* d = at<D>(w, in->d);
  const A* a = at<A>(w, in->a);
  if (w->mask == ~0u) {
    PTXVM_INDEPENDENT
    for (int i = 0; i < 32; ++i) d[i] = f(a[i]);
    return in + 1;
  }
  alignas(64) D r[32];
  for (int i = 0; i < 32; ++i) r[i] = f(a[i]);
  merge(d, r, w->mask);
  return in + 1;
}

template <class D, class A, class B, class F>
[[gnu::always_inline]] static inline const Inst* binary(Warp* w, const Inst* in, F f) {
  D* d = at<D>(w, in->d);
  const A* a = at<A>(w, in->a);
  const B* b = at<B>(w, in->b);
  if (w->mask == ~0u) {
    PTXVM_INDEPENDENT
    for (int i = 0; i < 32; ++i) d[i] = f(a[i], b[i]);
    return in + 1;
  }
  alignas(64) D r[32];
  for (int i = 0; i < 32; ++i) r[i] = f(a[i], b[i]);
  merge(d, r, w->mask);
  return in + 1;
}

template <class D, class A, class B, class C, class F>
[[gnu::always_inline]] static inline const Inst* ternary(Warp* w, const Inst* in, F f) {
  D* d = at<D>(w, in->d);
  const A* a = at<A>(w, in->a);
  const B* b = at<B>(w, in->b);
  const C* c = at<C>(w, in->c);
  if (w->mask == ~0u) {
    PTXVM_INDEPENDENT
    for (int i = 0; i < 32; ++i) d[i] = f(a[i], b[i], c[i]);
    return in + 1;
  }
  alignas(64) D r[32];
  for (int i = 0; i < 32; ++i) r[i] = f(a[i], b[i], c[i]);
  merge(d, r, w->mask);
  return in + 1;
}

template <class D, class F>
[[gnu::always_inline]] static inline const Inst* quaternary(Warp* w, const Inst* in, F f) {
  D* d = at<D>(w, in->d);
  const D* a = at<D>(w, in->a);
  const D* b = at<D>(w, in->b);
  const uint32_t* c = at<uint32_t>(w, in->c);
  const uint32_t* e = at<uint32_t>(w, in->more[0]);
  alignas(64) D r[32];
  for (int i = 0; i < 32; ++i) r[i] = f(a[i], b[i], c[i], e[i]);
  merge(d, r, w->mask);
  return in + 1;
}

// Comparison of two registers into a predicate.
template <class A, class F>
[[gnu::always_inline]] static inline const Inst* compare(Warp* w, const Inst* in, F f) {
  const A* a = at<A>(w, in->a);
  const A* b = at<A>(w, in->b);
  alignas(64) uint32_t bit[32];
  for (int i = 0; i < 32; ++i) bit[i] = f(a[i], b[i]) ? 1u << i : 0u;
  uint32_t m = 0;
  for (int i = 0; i < 32; ++i) m |= bit[i];
  uint32_t& d = predicate(w, in->d);
  d = (d & ~w->mask) | (m & w->mask);
  return in + 1;
}

}  // namespace ptxvm::lanes
