// ptx_conformance [FILE]: runs every instruction of conformance_cases.h on fixed operands and writes the results as
// JSON. Where the ISA defines the result it is checked against the host; files of two devices are compared with diff.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "conformance_cases.h"
#include "runtime_test.h"

constexpr int kCount = 256;
using Word = uint32_t;
using Long = uint64_t;

// Results of the host: bits, or nothing where the ISA leaves room.
struct Exact {
  Long bits = 0;
  bool known = false, nan = false;
  Exact() = default;
  Exact(Long b) : bits(b), known(true) {}
};
static Exact none() { return {}; }
template <class T, class Bits>
struct Host {
  static T f(Bits b) {
    T value;
    std::memcpy(&value, &b, sizeof value);
    return value;
  }
  static std::make_signed_t<Bits> s(Bits b) { return static_cast<std::make_signed_t<Bits>>(b); }
  template <class F>
  static Exact with_rounding(int mode, F&& compute) {
    std::fesetround(mode);
    const volatile T value = compute();
    std::fesetround(FE_TONEAREST);
    const T result = value;
    Bits bits;
    std::memcpy(&bits, &result, sizeof bits);
    Exact e(bits);
    e.nan = std::isnan(result);
    return e;
  }
  // NaN becomes 0 for integers.
  static Exact to_integer(double x, double low, double high) {
    return std::isnan(x) ? Exact() : Exact(static_cast<Word>(static_cast<int64_t>(std::clamp(x, low, high))));
  }
};
#define rounded(mode, expression) H::with_rounding(mode, [&] { return expression; })

#define CASE32(name, text, exact)                                                       \
  __global__ void name(const Word* a, const Word* b, const Word* c, Word* d) {          \
    const int i = blockIdx.x * blockDim.x + threadIdx.x;                                \
    Word r = 0;                                                                         \
    asm volatile(text : "=r"(r) : "r"(a[i]), "r"(b[i]), "r"(c[i]));                     \
    d[i] = r;                                                                           \
  }
#define CASE64(name, text, exact)                                                       \
  __global__ void name(const Long* a, const Long* b, const Long* c, Long* d) {          \
    const int i = blockIdx.x * blockDim.x + threadIdx.x;                                \
    Long r = 0;                                                                         \
    asm volatile(text : "=l"(r) : "l"(a[i]), "l"(b[i]), "l"(c[i]));                     \
    d[i] = r;                                                                           \
  }
#define MATRIX(name, text, bits)                                                                             \
  __global__ void name(const Word* a, const Word* b, const Word* c, Word* d) {                               \
    const int i = threadIdx.x;                                                                               \
    Word r[4];                                                                                               \
    asm volatile(text " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"                 \
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])                                            \
                 : "r"(a[i]), "r"(a[32 + i]), "r"(a[64 + i]), "r"(a[96 + i]), "r"(b[i]), "r"(b[32 + i]),     \
                   "r"(c[i]), "r"(c[32 + i]), "r"(c[64 + i]), "r"(c[96 + i]));                               \
    for (int k = 0; k < 4; ++k) d[32 * k + i] = r[k];                                                        \
  }
CASES32 CASES64 MATRICES
#undef CASE32
#undef CASE64
#undef MATRIX

static std::FILE* file;
static int checked, cases;

template <class Bits>
static void write(const char* name, const char* text, const Bits* d, int count) {
  std::fprintf(file, "%s\n  {\"name\": \"%s\", \"ptx\": \"%s\", \"out\": [", cases++ == 0 ? "" : ",", name, text);
  for (int i = 0; i < count; ++i)
    std::fprintf(file, "%s\"%llx\"", i == 0 ? "" : ",", static_cast<unsigned long long>(d[i]));
  std::fputs("]}", file);
}

template <class T, class Bits, class F>
static void run(const char* name, const char* text, void (*kernel)(const Bits*, const Bits*, const Bits*, Bits*),
                const Bits* a, const Bits* b, const Bits* c, Bits* d, F&& exact) {
  kernel<<<kCount / 64, 64>>>(a, b, c, d);
  OK(cudaDeviceSynchronize());
  write(name, text, d, kCount);
  for (int i = 0; i < kCount; ++i) {
    const Exact e = exact(a[i], b[i], c[i]);
    if (!e.known) continue;
    ++checked;
    if (e.nan ? std::isnan(Host<T, Bits>::f(d[i])) : d[i] == static_cast<Bits>(e.bits)) continue;
    std::fprintf(stderr, "%s gave %llx, not %llx, for operands %d\n", name, static_cast<unsigned long long>(d[i]),
                 static_cast<unsigned long long>(e.bits), i);
    std::exit(1);
  }
}

// Zeros, ones, infinities, NaN, the ends of the range, small numbers, and random bits; each operand in another order.
template <class Bits>
static void fill_operands(Bits* p, int operand) {
  const int mantissa = sizeof(Bits) == 4 ? 23 : 52, bias = sizeof(Bits) == 4 ? 127 : 1023;
  const Bits one = Bits(bias) << mantissa, infinity = Bits(2 * bias + 1) << mantissa;
  const Bits sign = Bits(1) << (8 * sizeof(Bits) - 1);
  const Bits special[] = {0, sign, one, sign | one, infinity, sign | infinity, infinity | 1, infinity - 1, 1, 2, 3, 7,
                          (Bits(1) << mantissa) - 1, Bits(1) << mantissa, one + 1, one - 1};
  uint64_t state = 88172645463325252ull + static_cast<uint64_t>(operand);
  for (int i = 0; i < kCount; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    const int place = (operand == 0 ? i : operand == 1 ? i / 16 : i / 3) % 16;
    Bits value = i < 192 && (operand < 2 || i % 2 == 0) ? special[place] : static_cast<Bits>(state);
    if (i >= 224) value = (value & ((Bits(1) << mantissa) - 1)) | (one + (Bits(state >> 60) << mantissa));
    p[i] = value;
  }
}

// Fragments of whole numbers, whose products are exact, or of numbers whose magnitudes differ widely.
static void fill_fragment(Word* p, int bits, bool bf16, int registers, bool wide, int seed) {
  for (int i = 0; i < 32 * registers; ++i) {
    Word word = 0;
    for (int e = 0; e < 32 / bits; ++e) {
      const uint32_t r = (static_cast<uint32_t>(i * 4 + e + 977 * seed) * 2654435761u) >> 8;
      const float x = wide ? std::ldexp(1 + static_cast<float>(r % 1024) / 1024, static_cast<int>(r >> 12) % 12 - 6) *
                                 (r >> 23 ? -1.f : 1.f)
                           : static_cast<float>(static_cast<int>(r % 15) - 7);
      Word element = static_cast<uint8_t>(wide ? r : static_cast<uint32_t>(static_cast<int>(x)));
      if (bits == 16) element = bf16 ? __bfloat16_as_ushort(__float2bfloat16(x)) : __half_as_ushort(__float2half(x));
      if (bits == 32) std::memcpy(&element, &x, 4), element &= ~0x1fffu;
      word |= element << (bits * e);
    }
    p[i] = word;
  }
}
static double element(const Word* p, int bits, bool bf16, int at, int e) {
  const Word word = p[at] >> (bits * e);
  if (bits == 8) return static_cast<int8_t>(word);
  if (bits == 16) return bf16 ? Host<float, Word>::f(word << 16) : __half2float(__ushort_as_half(word & 0xffff));
  return Host<float, Word>::f(word);
}

static void matrix(const char* name, const char* text, void (*kernel)(const Word*, const Word*, const Word*, Word*),
                   int bits, Word* a, Word* b, Word* c, Word* d) {
  const bool bf16 = std::strstr(text, ".bf16") != nullptr, integers = bits == 8;
  const int per = 32 / bits;
  for (const bool wide : {false, true}) {
    fill_fragment(a, bits, bf16, 4, wide, 1);
    fill_fragment(b, bits, bf16, 2, wide, 2);
    for (int i = 0; i < 128; ++i) {
      const float x = wide ? std::ldexp(static_cast<float>(i % 13) - 6, i % 24 - 12) : static_cast<float>(i % 9 - 4);
      if (integers) c[i] = static_cast<Word>(i % 9 - 4);
      else std::memcpy(&c[i], &x, 4);
    }
    kernel<<<1, 32>>>(a, b, c, d);
    OK(cudaDeviceSynchronize());
    write((std::string(name) + (wide ? "_wide" : "_whole")).c_str(), text, d, 128);
    for (int i = 0; i < 128 && !wide; ++i) {
      const int lane = i % 32, row = lane / 4 + i / 64 * 8, column = lane % 4 * 2 + i / 32 % 2;
      double sum = integers ? static_cast<int>(c[i]) : Host<float, Word>::f(c[i]);
      for (int k = 0; k < 8 * per; ++k)
        sum += element(a, bits, bf16, (row / 8 + k / (4 * per) * 2) * 32 + row % 8 * 4 + k / per % 4, k % per) *
               element(b, bits, bf16, k / (4 * per) * 32 + column * 4 + k / per % 4, k % per);
      REQUIRE((integers ? static_cast<int>(d[i]) : Host<float, Word>::f(d[i])) == sum);
      ++checked;
    }
  }
}

int main(int count, char** arguments) {
  file = std::fopen(count > 1 ? arguments[1] : "ptx_conformance.json", "w");
  REQUIRE(file != nullptr);
  Word *a, *b, *c, *d;
  Long *la, *lb, *lc, *ld;
  for (auto** p : {&a, &b, &c, &d}) OK(cudaMallocManaged(p, kCount * sizeof(Word)));
  for (auto** p : {&la, &lb, &lc, &ld}) OK(cudaMallocManaged(p, kCount * sizeof(Long)));
  fill_operands(a, 0), fill_operands(b, 1), fill_operands(c, 2);
  fill_operands(la, 0), fill_operands(lb, 1), fill_operands(lc, 2);
  std::fputs("{\"cases\": [", file);
#define CASE(T, Bits, name, text, exact, ...)                                      \
  run<T, Bits>(#name, text, name, __VA_ARGS__, [](Bits a, Bits b, Bits c) -> Exact { \
    using H = Host<T, Bits>;                                                       \
    constexpr auto f = H::f;                                                       \
    constexpr auto s = H::s;                                                       \
    constexpr auto to_integer = H::to_integer;                                     \
    static_cast<void>(f), static_cast<void>(s), static_cast<void>(to_integer);     \
    static_cast<void>(a), static_cast<void>(b), static_cast<void>(c);              \
    return exact;                                                                  \
  });
#define CASE32(name, text, exact) CASE(float, Word, name, text, exact, a, b, c, d)
#define CASE64(name, text, exact) CASE(double, Long, name, text, exact, la, lb, lc, ld)
#define MATRIX(name, text, bits) matrix(#name, text, name, bits, a, b, c, d);
  CASES32 CASES64 MATRICES std::fputs("\n]}\n", file);
  REQUIRE(std::fclose(file) == 0);
  std::printf("ok: %d cases, %d results checked\n", cases, checked);
}
