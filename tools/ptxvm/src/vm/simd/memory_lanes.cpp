// Loads and stores of a warp: addresses to host pointers, then contiguous runs at once or lane by lane.
#include "lanes.h"

namespace ptxvm {
namespace {

template <MemSpace S>
[[gnu::always_inline]] inline bool resolve(Warp* w, const Inst* in, uint32_t bytes, uint64_t* address, std::byte** p) {
  if ((in->flags & kAddressNone) != 0) {
    for (int i = 0; i < 32; ++i) address[i] = in->imm;
  } else if ((in->flags & kAddress64) != 0) {
    const uint64_t* a = lanes::at<uint64_t>(w, in->a);
    for (int i = 0; i < 32; ++i) address[i] = a[i] + in->imm;
  } else {
    const uint32_t* a = lanes::at<uint32_t>(w, in->a);
    for (int i = 0; i < 32; ++i) address[i] = uint32_t(a[i] + uint32_t(in->imm));
  }
  uint64_t bad = 0;
  if constexpr (S == MemSpace::kShared || S == MemSpace::kLocal || S == MemSpace::kFrameParam) {
    const uint64_t size = S == MemSpace::kShared ? w->shared_size : w->local_size;
    for (int i = 0; i < 32; ++i) {
      if constexpr (S != MemSpace::kShared) address[i] &= kWindowBytes - 1;
      if constexpr (S == MemSpace::kFrameParam) address[i] += w->local;
      const uint64_t wrong = ((address[i] & (bytes - 1)) != 0) | (address[i] + bytes > size);
      bad |= (w->mask >> i & 1) != 0 ? wrong : 0;
      const uint64_t lane = S == MemSpace::kShared ? 0 : i * w->local_stride;
      p[i] = (S == MemSpace::kShared ? w->shared : w->locals) + lane + address[i];
    }
  } else {
    for (int i = 0; i < 32; ++i) {
      const uint64_t wrong =
          ((address[i] & (bytes - 1)) != 0) | (address[i] - w->reservation >= w->reservation_size - 64);
      bad |= (w->mask >> i & 1) != 0 ? wrong : 0;
      p[i] = reinterpret_cast<std::byte*>(address[i] + w->delta);
    }
  }
  return bad == 0 || ptxvm_resolve(w, in, address, p, bytes);
}

template <class E, class Reg, bool Signed>
[[gnu::always_inline]] inline void load_one(Warp* w, uint32_t operand, std::byte* const* p, uint32_t offset) {
  Reg* d = lanes::at<Reg>(w, operand);
  const auto value = [&](int i) {
    E e;
    __builtin_memcpy(&e, p[i] + offset, sizeof(E));
    if constexpr (Signed) return Reg(static_cast<long long>(e));
    else return Reg(e);
  };
  if (w->mask == ~0u) {
    for (int i = 0; i < 32; ++i) d[i] = value(i);
  } else {
    for (uint32_t m = w->mask; m != 0; m &= m - 1) {
      const int i = __builtin_ctz(m);
      d[i] = value(i);
    }
  }
}

template <class U, class I>
[[gnu::always_inline]] inline void load_sized(Warp* w, const Inst* in, uint32_t operand, std::byte* const* p,
                                              uint32_t offset) {
  const uint32_t reg = in->flags >> kRegBytesShift & 0xff;
  if ((in->flags & kSignedLoad) != 0 && reg > sizeof(U)) {
    if (reg == 2) return load_one<I, uint16_t, true>(w, operand, p, offset);
    if (reg == 4) return load_one<I, uint32_t, true>(w, operand, p, offset);
    return load_one<I, uint64_t, true>(w, operand, p, offset);
  }
  if (reg == 2) return load_one<U, uint16_t, false>(w, operand, p, offset);
  if (reg == 4) return load_one<U, uint32_t, false>(w, operand, p, offset);
  return load_one<U, uint64_t, false>(w, operand, p, offset);
}

struct Wide {
  uint64_t low, high;
};

template <uint32_t Bytes, uint32_t N>
[[gnu::always_inline]] inline bool contiguous(const Warp* w, std::byte* const* p) {
  if (w->mask != ~0u) return false;
  uint64_t off = 0;
  for (uint64_t i = 0; i < 32; ++i)
    off |= reinterpret_cast<uint64_t>(p[i]) ^ (reinterpret_cast<uint64_t>(p[0]) + i * Bytes * N);
  return off == 0;
}

template <MemSpace S, uint32_t Bytes, uint32_t N>
const Inst* load(Warp* w, const Inst* in) {
  alignas(64) uint64_t address[32];
  alignas(64) std::byte* p[32];
  if (!resolve<S>(w, in, Bytes * N, address, p)) return nullptr;
  if (w->check != 0 && !ptxvm_check(w, in, address, p, Bytes * N, false)) return nullptr;
  const uint32_t reg = in->flags >> kRegBytesShift & 0xff;
  if constexpr (N == 1 && Bytes >= 2) {
    if (reg == Bytes && contiguous<Bytes, 1>(w, p)) {
      __builtin_memcpy(lanes::at<uint16_t>(w, in->d), p[0], 32 * Bytes);
      return in + 1;
    }
  }
  for (uint32_t k = 0; k < N; ++k) {
    const uint32_t operand = N == 1 ? in->d : in->more[k];
    if (operand == ~0u) continue;
    if constexpr (Bytes == 1) load_sized<uint8_t, int8_t>(w, in, operand, p, k);
    if constexpr (Bytes == 2) load_sized<uint16_t, int16_t>(w, in, operand, p, k * 2);
    if constexpr (Bytes == 4) {
      if (reg == 4) load_one<uint32_t, uint32_t, false>(w, operand, p, k * 4);
      else load_sized<uint32_t, int32_t>(w, in, operand, p, k * 4);
    }
    if constexpr (Bytes == 8) load_one<uint64_t, uint64_t, false>(w, operand, p, k * 8);
    if constexpr (Bytes == 16) {
      Wide* d = reinterpret_cast<Wide*>(lanes::at<uint64_t>(w, operand));
      for (uint32_t m = w->mask; m != 0; m &= m - 1)
        __builtin_memcpy(d + __builtin_ctz(m), p[__builtin_ctz(m)] + k * 16, 16);
    }
  }
  return in + 1;
}

template <class E, class Reg>
[[gnu::always_inline]] inline void store_one(Warp* w, uint32_t operand, std::byte* const* p, uint32_t offset) {
  const Reg* s = lanes::at<Reg>(w, operand);
  for (uint32_t m = w->mask; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const E e = E(s[i]);
    __builtin_memcpy(p[i] + offset, &e, sizeof(E));
  }
}

template <MemSpace S, uint32_t Bytes, uint32_t N>
const Inst* store(Warp* w, const Inst* in) {
  alignas(64) uint64_t address[32];
  alignas(64) std::byte* p[32];
  if (!resolve<S>(w, in, Bytes * N, address, p)) return nullptr;
  if (w->check != 0 && !ptxvm_check(w, in, address, p, Bytes * N, true)) return nullptr;
  const uint32_t reg = in->flags >> kRegBytesShift & 0xff;
  if constexpr (N == 1 && Bytes >= 2) {
    if (reg == Bytes && contiguous<Bytes, 1>(w, p)) {
      __builtin_memcpy(p[0], lanes::at<uint16_t>(w, in->d), 32 * Bytes);
      return in + 1;
    }
  }
  for (uint32_t k = 0; k < N; ++k) {
    const uint32_t operand = N == 1 ? in->d : in->more[k];
    const auto sized = [&]<class E>(E) {
      if (reg == 2) store_one<E, uint16_t>(w, operand, p, k * sizeof(E));
      else if (reg == 4) store_one<E, uint32_t>(w, operand, p, k * sizeof(E));
      else store_one<E, uint64_t>(w, operand, p, k * sizeof(E));
    };
    if constexpr (Bytes == 1) sized(uint8_t{});
    if constexpr (Bytes == 2) sized(uint16_t{});
    if constexpr (Bytes == 4) sized(uint32_t{});
    if constexpr (Bytes == 8) store_one<uint64_t, uint64_t>(w, operand, p, k * 8);
    if constexpr (Bytes == 16) {
      const Wide* s = reinterpret_cast<const Wide*>(lanes::at<uint64_t>(w, operand));
      for (uint32_t m = w->mask; m != 0; m &= m - 1)
        __builtin_memcpy(p[__builtin_ctz(m)] + k * 16, s + __builtin_ctz(m), 16);
    }
  }
  return in + 1;
}

template <MemSpace S>
void fill(MemTable& t) {
  const int s = static_cast<int>(S);
#define ROW(b, bytes)                    \
  t.load[s][b][0] = load<S, bytes, 1>;   \
  t.load[s][b][1] = load<S, bytes, 2>;   \
  t.load[s][b][2] = load<S, bytes, 4>;   \
  t.load[s][b][3] = load<S, bytes, 8>;   \
  t.store[s][b][0] = store<S, bytes, 1>; \
  t.store[s][b][1] = store<S, bytes, 2>; \
  t.store[s][b][2] = store<S, bytes, 4>; \
  t.store[s][b][3] = store<S, bytes, 8>;
  ROW(0, 1) ROW(1, 2) ROW(2, 4) ROW(3, 8) ROW(4, 16)
#undef ROW
}

}  // namespace
}  // namespace ptxvm

#define PTXVM_NAME2(isa) ptxvm_memory_##isa
#define PTXVM_NAME(isa) PTXVM_NAME2(isa)
extern "C" void PTXVM_NAME(PTXVM_ISA)(ptxvm::MemTable* t) {
  using ptxvm::MemSpace;
  ptxvm::fill<MemSpace::kGlobal>(*t);
  ptxvm::fill<MemSpace::kShared>(*t);
  ptxvm::fill<MemSpace::kLocal>(*t);
  ptxvm::fill<MemSpace::kFrameParam>(*t);
}
