// Scalar arithmetic of every width against the host's: integers, f32, f64, half, bfloat16, conversions, bit tricks.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "runtime_test.h"

// The same functions on both sides; each fills some outputs from two random words.
#define BOTH __host__ __device__

template <class T>
BOTH void integers(T a, T b, T* o) {
  o[0] = a + b, o[1] = a - b, o[2] = a * b, o[3] = b != 0 && b != T(-1) ? a / b : T(0);
  o[4] = b != 0 && b != T(-1) ? a % b : T(0);
  o[5] = a & b, o[6] = a | b, o[7] = a ^ b, o[8] = ~a, o[9] = T(a << (b & 15)), o[10] = T(a >> (b & 15));
  o[11] = a < b ? a : b, o[12] = a > b ? a : b, o[13] = T(a == b), o[14] = T((a < b) + 2 * (a <= b)), o[15] = a * b + a;
}
template <class F>
BOTH void floats(F a, F b, F* o) {
  o[0] = a + b, o[1] = a - b, o[2] = a * b, o[3] = a / b, o[4] = a < b ? a : b, o[5] = F(a <= b) + 2 * F(a != b);
  o[6] = -a, o[7] = a < 0 ? -a : a;
}
BOTH uint32_t bits(float x) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(x);
#else
  uint32_t u;
  std::memcpy(&u, &x, 4);
  return u;
#endif
}

struct Out {
  int32_t s32[16];
  uint32_t u32[16];
  int64_t s64[16];
  uint64_t u64[16];
  int16_t s16[16];
  uint16_t u16[16];
  int8_t s8[16];
  uint8_t u8[16];
  float f32[16];
  double f64[16];
  int64_t converted[24];
  uint16_t half[16], bf[16];
};

BOTH void conversions(int64_t x, float f, double d, int64_t* o) {
  o[0] = int8_t(x), o[1] = uint8_t(x), o[2] = int16_t(x), o[3] = uint16_t(x), o[4] = int32_t(x), o[5] = uint32_t(x);
  o[6] = bits(float(x)), o[7] = bits(float(uint64_t(x))), o[8] = bits(float(int32_t(x))),
  o[9] = bits(float(uint32_t(x)));
  o[10] = int64_t(double(x) * 0.5), o[11] = int64_t(double(int32_t(x)) * 8), o[12] = bits(float(d)),
  o[13] = int64_t(double(f) * 16);
  o[14] = int32_t(f), o[15] = int64_t(f), o[16] = int32_t(d), o[17] = uint32_t(f < 0 ? -f : f), o[18] = int16_t(f);
  o[19] = int64_t(floor(double(f)) + ceil(d)), o[20] = int64_t(rint(f)), o[21] = int64_t(trunc(d)),
  o[22] = uint8_t(int(f) & 255);
  o[23] = int64_t(fmaf(f, 3.0f, float(d)) * 4);
}
// The host has no fma of halves; a double holds x * y + z closely enough to round it once.
BOTH __half fused(__half x, __half y, __half z) {
#ifdef __CUDA_ARCH__
  return __hfma(x, y, z);
#else
  return __double2half(double(__half2float(x)) * __half2float(y) + __half2float(z));
#endif
}
BOTH __nv_bfloat16 fused(__nv_bfloat16 x, __nv_bfloat16 y, __nv_bfloat16 z) {
#ifdef __CUDA_ARCH__
  return __hfma(x, y, z);
#else
  return __double2bfloat16(double(__bfloat162float(x)) * __bfloat162float(y) + __bfloat162float(z));
#endif
}
BOTH void halves(float a, float b, uint16_t* o) {
  const __half x = __float2half_rn(a), y = __float2half_rn(b);
  const __half v[] = {__hadd(x, y), __hsub(x, y),       __hmul(x, y),       fused(x, y, x),
                      __hneg(x),    __habs(y),          __hdiv(x, y),       __hmax(x, y),
                      __hmin(x, y), __float2half_rz(a), __float2half_ru(a), __float2half_rd(b)};
  for (int i = 0; i < 12; ++i) memcpy(o + i, v + i, 2);
  o[12] = __hlt(x, y), o[13] = __heq(x, x), o[14] = uint16_t(int16_t(__half2int_rz(x)));
  const __half2 p = __hadd2(__halves2half2(x, y), __halves2half2(y, y));
  const __half h = __high2half(p);
  memcpy(o + 15, &h, 2);
}
BOTH void bfloats(float a, float b, uint16_t* o) {
  const __nv_bfloat16 x = __float2bfloat16_rn(a), y = __float2bfloat16_rn(b);
  const __nv_bfloat16 v[] = {__hadd(x, y), __hsub(x, y), __hmul(x, y), fused(x, y, x),        __hneg(x),
                             __habs(y),    __hmax(x, y), __hmin(x, y), __float2bfloat16_rz(a)};
  for (int i = 0; i < 9; ++i) memcpy(o + i, v + i, 2);
  o[9] = __hlt(x, y), o[10] = __hge(x, y), o[11] = bits(__bfloat162float(x)) >> 16;
  for (int i = 12; i < 16; ++i) o[i] = 0;
}

BOTH void fill_out(uint64_t a, uint64_t b, Out* o) {
  integers<int32_t>(int32_t(a), int32_t(b), o->s32);
  integers<uint32_t>(uint32_t(a), uint32_t(b), o->u32);
  integers<int64_t>(int64_t(a), int64_t(b), o->s64);
  integers<uint64_t>(a, b, o->u64);
  integers<int16_t>(int16_t(a), int16_t(b), o->s16);
  integers<uint16_t>(uint16_t(a), uint16_t(b), o->u16);
  integers<int8_t>(int8_t(a), int8_t(b), o->s8);
  integers<uint8_t>(uint8_t(a), uint8_t(b), o->u8);
  const float f = float(int32_t(a)) / 65536.0f, g = float(int16_t(b)) / 100.0f;
  floats<float>(f, g == 0 ? 1.0f : g, o->f32);
  floats<double>(double(int64_t(a)) / 1e12, double(int32_t(b)) / 1e3 + 0.5, o->f64);
  o->f32[8] = sqrtf(f < 0 ? -f : f), o->f32[9] = fmaf(f, g, f), o->f32[10] = copysignf(f, g), o->f32[11] = fminf(f, g);
  o->f32[12] = fmaxf(f, g), o->f32[13] = truncf(f), o->f32[14] = rintf(g), o->f32[15] = fabsf(g);
  o->f64[8] = sqrt(double(uint32_t(a))), o->f64[9] = fma(double(f), double(g), 1.0 / 3), o->f64[10] = floor(double(g));
  for (int i = 11; i < 16; ++i) o->f64[i] = 0;
  conversions(int64_t(a), f, double(g) * 1.0625, o->converted);
  halves(f / 64, g, o->half);
  bfloats(f, g, o->bf);
}

__global__ void run(const uint64_t* in, Out* out, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) fill_out(in[2 * i], in[2 * i + 1], out + i);
}

// What only the device has, against what the programming guide says it is.
__global__ void device_only(const uint32_t* in, uint32_t* o, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  const uint32_t a = in[2 * i], b = in[2 * i + 1];
  o += i * 16;
  o[0] = __popc(a), o[1] = __clz(a >> (b & 31)), o[2] = __ffs(a), o[3] = __brev(a),
  o[4] = __byte_perm(a, b, 0x6240 + (b & 7));
  o[5] = __funnelshift_l(a, b, b & 31), o[6] = __funnelshift_rc(a, b, 40), o[7] = __mulhi(int(a), int(b)),
  o[8] = __umulhi(a, b);
  o[9] = __dp4a(int(a), int(b), 5), o[10] = __sad(int(a), int(b), 9u), o[11] = __vadd4(a, b),
  o[12] = __vabsdiffu4(a, b);
  o[13] = __float_as_uint(__fadd_rz(float(a), 0.3f)), o[14] = __float_as_uint(__fdiv_ru(float(a), float(b | 1)));
  o[15] = __popcll((unsigned long long)a << 20 | b);
}

uint64_t state = 88172645463325252ull;
uint64_t next_random() {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

int main() {
  const int n = 3000;
  std::vector<uint64_t> in(2 * n);
  for (auto& v : in) v = next_random() >> (next_random() % 48);
  uint64_t* d_in;
  Out* d_out;
  OK(cudaMalloc(&d_in, in.size() * 8));
  OK(cudaMalloc(&d_out, n * sizeof(Out)));
  OK(cudaMemset(d_out, 0, n * sizeof(Out)));
  OK(cudaMemcpy(d_in, in.data(), in.size() * 8, cudaMemcpyHostToDevice));
  run<<<(n + 127) / 128, 128>>>(d_in, d_out, n);
  std::vector<Out> out(n);
  OK(cudaMemcpy(out.data(), d_out, n * sizeof(Out), cudaMemcpyDeviceToHost));
  for (int i = 0; i < n; ++i) {
    Out e;
    std::memset(&e, 0, sizeof e);
    fill_out(in[2 * i], in[2 * i + 1], &e);
    const Out& o = out[i];
#define SAME(field)                                                                                      \
  for (size_t k = 0; k < sizeof e.field / sizeof e.field[0]; ++k)                                        \
    if (std::memcmp(&e.field[k], &o.field[k], sizeof e.field[k]) != 0) {                                 \
      std::fprintf(stderr, "%s[%zu] of (%llx, %llx) is not true: %g instead of %g\n", #field, k,         \
                   (unsigned long long)in[2 * i], (unsigned long long)in[2 * i + 1], double(o.field[k]), \
                   double(e.field[k]));                                                                  \
      return 1;                                                                                          \
    }
    SAME(s32)
    SAME(u32)
    SAME(s64) SAME(u64) SAME(s16) SAME(u16) SAME(s8) SAME(u8) SAME(f32) SAME(f64) SAME(converted) SAME(half) SAME(bf)
  }
  const int m = 128;
  uint32_t* d_o;
  OK(cudaMalloc(&d_o, m * 64));
  device_only<<<1, m>>>(reinterpret_cast<uint32_t*>(d_in), d_o, m);
  std::vector<uint32_t> o(m * 16);
  OK(cudaMemcpy(o.data(), d_o, m * 64, cudaMemcpyDeviceToHost));
  const auto* w = reinterpret_cast<const uint32_t*>(in.data());
  for (int i = 0; i < m; ++i) {
    const uint32_t a = w[2 * i], b = w[2 * i + 1], *r = &o[i * 16];
    REQUIRE(r[0] == uint32_t(__builtin_popcount(a)));
    REQUIRE(r[1] == ((a >> (b & 31)) == 0 ? 32 : uint32_t(__builtin_clz(a >> (b & 31)))));
    REQUIRE(r[2] == uint32_t(__builtin_ffs(int(a))));
    uint32_t reversed = 0, permuted = 0, dot = 5, add4 = 0, diff4 = 0;
    for (int k = 0; k < 32; ++k) reversed |= (a >> k & 1) << (31 - k);
    const uint64_t both = uint64_t(b) << 32 | a;
    for (int k = 0; k < 4; ++k) {
      const uint32_t selector = (0x6240 + (b & 7)) >> (4 * k) & 15;
      const uint32_t byte = uint32_t(both >> (8 * (selector & 7))) & 255;
      permuted |= (selector & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * k);
      dot += uint32_t(int(int8_t(a >> (8 * k))) * int(int8_t(b >> (8 * k))));
      const uint32_t x = a >> (8 * k) & 255, y = b >> (8 * k) & 255;
      add4 |= ((x + y) & 255) << (8 * k), diff4 |= (x > y ? x - y : y - x) << (8 * k);
    }
    REQUIRE(r[3] == reversed && r[4] == permuted);
    REQUIRE(r[5] == uint32_t((both << (b & 31)) >> 32) && r[6] == b);
    REQUIRE(r[7] == uint32_t((int64_t(int32_t(a)) * int32_t(b)) >> 32) && r[8] == uint32_t(uint64_t(a) * b >> 32));
    REQUIRE(r[9] == dot && r[11] == add4 && r[12] == diff4);
    const int64_t difference = int64_t(int32_t(a)) - int32_t(b);
    REQUIRE(r[10] == uint32_t((difference < 0 ? -difference : difference) + 9));
    REQUIRE(r[15] == uint32_t(__builtin_popcountll((unsigned long long)a << 20 | b)));
  }
  std::puts("ok");
}
