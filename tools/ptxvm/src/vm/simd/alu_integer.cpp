// Integer, logic, move and compare instructions.
#include "lanes.h"
#include "numerics/integer.h"

namespace ptxvm {
namespace {

using u16 = uint16_t;
using s16 = int16_t;
using u32 = uint32_t;
using s32 = int32_t;
using u64 = uint64_t;
using s64 = int64_t;

#define H1(D, A, expr) \
  [](Warp* w, const Inst* in) { return lanes::unary<D, A>(w, in, [](A a) -> D { return D(expr); }); }
#define H2(D, A, B, expr) \
  [](Warp* w, const Inst* in) { return lanes::binary<D, A, B>(w, in, [](A a, B b) -> D { return D(expr); }); }
#define H3(D, A, B, C, expr) \
  [](Warp* w, const Inst* in) { return lanes::ternary<D, A, B, C>(w, in, [](A a, B b, C c) -> D { return D(expr); }); }
#define H4(D, expr)                                                                          \
  [](Warp* w, const Inst* in) {                                                              \
    return lanes::quaternary<D>(w, in, [](D a, D b, u32 c, u32 e) -> D { return D(expr); }); \
  }
#define HC(A, expr) [](Warp* w, const Inst* in) { return lanes::compare<A>(w, in, [](A a, A b) { return expr; }); }

// One predicate for all lanes: bitwise on masks.
template <class F>
[[gnu::always_inline]] inline const Inst* logic(Warp* w, const Inst* in, F f) {
  u32& d = lanes::predicate(w, in->d);
  const u32 r = f(lanes::predicate(w, in->a), lanes::predicate(w, in->b));
  d = (d & ~w->mask) | (r & w->mask);
  return in + 1;
}
#define HP(expr)                                  \
  [](Warp* w, const Inst* in) {                   \
    return logic(w, in, [](u32 a, u32 b) -> u32 { \
      (void)b;                                    \
      return expr;                                \
    });                                           \
  }

template <class D>
[[gnu::always_inline]] inline const Inst* select(Warp* w, const Inst* in) {
  const u32 p = lanes::predicate(w, in->c);
  const D* a = lanes::at<D>(w, in->a);
  const D* b = lanes::at<D>(w, in->b);
  alignas(64) D r[32];
  for (int i = 0; i < 32; ++i) r[i] = (p >> i & 1) != 0 ? a[i] : b[i];
  lanes::merge(lanes::at<D>(w, in->d), r, w->mask);
  return in + 1;
}

// The hidden carry register is predicate more[0]; IN and OUT say which the instruction has.
template <class T, bool Subtract, bool In, bool Out>
[[gnu::always_inline]] inline const Inst* carry(Warp* w, const Inst* in) {
  u32& cf = lanes::predicate(w, in->more[0]);
  const T* a = lanes::at<T>(w, in->a);
  const T* b = lanes::at<T>(w, in->b);
  T* d = lanes::at<T>(w, in->d);
  u32 next = cf;
  for (int i = 0; i < 32; ++i) {
    if ((w->mask >> i & 1) == 0) continue;
    bool out = false;
    const bool c = In && (cf >> i & 1) != 0;
    d[i] = Subtract ? sub_borrow<T>(a[i], b[i], c, out) : add_carry<T>(a[i], b[i], c, out);
    if (Out) next = (next & ~(1u << i)) | (u32(out) << i);
  }
  cf = next;
  return in + 1;
}
template <class T, class Wide, bool Hi, bool In, bool Out>
[[gnu::always_inline]] inline const Inst* mad_carry(Warp* w, const Inst* in) {
  u32& cf = lanes::predicate(w, in->more[0]);
  const T* a = lanes::at<T>(w, in->a);
  const T* b = lanes::at<T>(w, in->b);
  const T* c = lanes::at<T>(w, in->c);
  T* d = lanes::at<T>(w, in->d);
  u32 next = cf;
  for (int i = 0; i < 32; ++i) {
    if ((w->mask >> i & 1) == 0) continue;
    const Wide product = Wide(a[i]) * Wide(b[i]);
    using U = decltype(T() < T() ? T() : T());
    bool out = false;
    const bool carry_in = In && (cf >> i & 1) != 0;
    d[i] = T(add_carry<U>(U(Hi ? T(product >> (8 * sizeof(T))) : T(product)), U(c[i]), carry_in, out));
    if (Out) next = (next & ~(1u << i)) | (u32(out) << i);
  }
  cf = next;
  return in + 1;
}

#define CARRY(T, name, sub)                                                                           \
  {name ".cc", "x=xx", carry<T, sub, false, true>}, {name "c.cc", "x=xx", carry<T, sub, true, true>}, \
      {name "c", "x=xx", carry<T, sub, true, false>},

s32 add_sat(s32 a, s32 b) {
  const s64 r = s64(a) + b;
  return r > 0x7fffffff ? 0x7fffffff : r < -s64(0x80000000) ? s32(0x80000000) : s32(r);
}
template <class T>
T mul_hi_any(T a, T b) {
  if constexpr (sizeof(T) == 8) {
    if constexpr (T(-1) < T(0)) return T((__int128(a) * b) >> 64);
    else return T((static_cast<unsigned __int128>(a) * b) >> 64);
  } else if constexpr (sizeof(T) == 4) {
    if constexpr (T(-1) < T(0)) return T((s64(a) * b) >> 32);
    else return T((u64(a) * b) >> 32);
  } else {
    return T((s64(a) * s64(b)) >> 16);
  }
}
template <class T>
T min_of(T a, T b) {
  return a < b ? a : b;
}
template <class T>
T max_of(T a, T b) {
  return a > b ? a : b;
}

u32 permute_byte(u32 a, u32 b, u32 s) {
  const u64 both = (u64(b) << 32) | a;
  const u32 byte = u32(both >> (8 * (s & 7))) & 0xff;
  return (s & 8) != 0 ? ((byte & 0x80) != 0 ? 0xff : 0) : byte;
}
u32 permute(u32 a, u32 b, u32 c) {
  return permute_byte(a, b, c) | permute_byte(a, b, c >> 4) << 8 | permute_byte(a, b, c >> 8) << 16 |
         permute_byte(a, b, c >> 12) << 24;
}
template <int Mode>
u32 permute_mode(u32 a, u32 b, u32 c) {
  const u32 s = c & 3;
  constexpr u32 kTable[6][4] = {{0x3210, 0x4321, 0x5432, 0x6543}, {0x5670, 0x6701, 0x7012, 0x0123},
                                {0x0000, 0x1111, 0x2222, 0x3333}, {0x3210, 0x3211, 0x3222, 0x3333},
                                {0x0000, 0x1110, 0x2210, 0x3210}, {0x1010, 0x3232, 0x1010, 0x3232}};
  return permute(a, b, kTable[Mode][s]);
}

const Inst* lop3(Warp* w, const Inst* in) {
  const u32* a = lanes::at<u32>(w, in->a);
  const u32* b = lanes::at<u32>(w, in->b);
  const u32* c = lanes::at<u32>(w, in->c);
  u32 minterm[8];
  for (u32 k = 0; k < 8; ++k) minterm[k] = (in->imm >> k & 1) != 0 ? ~0u : 0u;
  alignas(64) u32 r[32];
  for (int i = 0; i < 32; ++i) {
    const u32 x = a[i], y = b[i], z = c[i];
    const u32 lo = (~y & ((~z & minterm[0]) | (z & minterm[1]))) | (y & ((~z & minterm[2]) | (z & minterm[3])));
    const u32 hi = (~y & ((~z & minterm[4]) | (z & minterm[5]))) | (y & ((~z & minterm[6]) | (z & minterm[7])));
    r[i] = (~x & lo) | (x & hi);
  }
  lanes::merge(lanes::at<u32>(w, in->d), r, w->mask);
  return in + 1;
}

#define COMPARE_ALL(T, t)                                                                                             \
  {"setp.eq." t, "P=xx", HC(T, a == b)}, {"setp.ne." t, "P=xx", HC(T, a != b)}, {"setp.lt." t, "P=xx", HC(T, a < b)}, \
      {"setp.le." t, "P=xx", HC(T, a <= b)}, {"setp.gt." t, "P=xx", HC(T, a > b)},                                    \
      {"setp.ge." t, "P=xx", HC(T, a >= b)},
#define COMMON(T, W, t)                                                                                         \
  {"add." t, "x=xx", H2(T, T, T, a + b)}, {"sub." t, "x=xx", H2(T, T, T, a - b)},                               \
      {"mul.lo." t, "x=xx", H2(T, T, T, W(a) * W(b))}, {"mul.hi." t, "x=xx", H2(T, T, T, mul_hi_any<T>(a, b))}, \
      {"mad.lo." t, "x=xxx", H3(T, T, T, T, W(a) * W(b) + W(c))},                                               \
      {"mad.hi." t, "x=xxx", H3(T, T, T, T, W(mul_hi_any<T>(a, b)) + W(c))},                                    \
      {"div." t, "x=xx", H2(T, T, T, int_div<T>(a, b))}, {"rem." t, "x=xx", H2(T, T, T, int_rem<T>(a, b))},     \
      {"min." t, "x=xx", H2(T, T, T, min_of<T>(a, b))}, {"max." t, "x=xx", H2(T, T, T, max_of<T>(a, b))},       \
      {"shr." t, "x=xW", H2(T, T, u32, shift_right<T>(a, b))},                                                  \
      {"sad." t, "x=xxx", H3(T, T, T, T, W(c) + (a > b ? W(a) - W(b) : W(b) - W(a)))},
#define SIGNED(T, U, t) {"abs." t, "x=x", H1(T, T, a < 0 ? T(0 - U(a)) : a)}, {"neg." t, "x=x", H1(T, T, 0 - U(a))},
#define BITS(T, t)                                                                                                   \
  {"and." t, "x=xx", H2(T, T, T, a & b)}, {"or." t, "x=xx", H2(T, T, T, a | b)},                                     \
      {"xor." t, "x=xx", H2(T, T, T, a ^ b)}, {"not." t, "x=x", H1(T, T, ~a)}, {"cnot." t, "x=x", H1(T, T, a == 0)}, \
      {"shl." t, "x=xW", H2(T, T, u32, shift_left<T>(a, b))}, {"mov." t, "x=x", H1(T, T, a)},                        \
      {"selp." t, "x=xxP", select<T>},

const OpEntry kEntries[] = {
    COMMON(u16, u32, "u16") COMMON(s16, u32, "s16") COMMON(u32, u32, "u32") COMMON(s32, u32, "s32")
        COMMON(u64, u64, "u64") COMMON(s64, u64, "s64") SIGNED(s16, u16, "s16") SIGNED(s32, u32, "s32")
            SIGNED(s64, u64, "s64") BITS(u16, "b16") BITS(u32, "b32") BITS(u64, "b64") COMPARE_ALL(u16, "u16")
                COMPARE_ALL(s16, "s16") COMPARE_ALL(u32, "u32") COMPARE_ALL(s32, "s32") COMPARE_ALL(u64, "u64")
                    COMPARE_ALL(s64, "s64"){"and.pred", "P=PP", HP(a& b)},
    {"or.pred", "P=PP", HP(a | b)},
    {"xor.pred", "P=PP", HP(a ^ b)},
    {"not.pred", "P=P", HP(~a)},
    {"mov.pred", "P=P", HP(a)},
    {"add.sat.s32", "W=WW", H2(s32, s32, s32, add_sat(a, b))},
    {"sub.sat.s32", "W=WW",
     H2(s32, s32, s32,
        s64(a) - b > 0x7fffffff         ? 0x7fffffff
        : s64(a) - b < -s64(0x80000000) ? s64(s32(0x80000000))
                                        : s64(a) - b)},
    {"add.u16x2", "W=WW", H2(u32, u32, u32, ((a + b) & 0xffff) | ((a & 0xffff0000) + (b & 0xffff0000)))},
    {"add.s16x2", "W=WW", H2(u32, u32, u32, ((a + b) & 0xffff) | ((a & 0xffff0000) + (b & 0xffff0000)))},
    {"min.u16x2", "W=WW",
     H2(u32, u32, u32, u32(min_of<u16>(u16(a), u16(b))) | u32(min_of<u16>(u16(a >> 16), u16(b >> 16))) << 16)},
    {"max.u16x2", "W=WW",
     H2(u32, u32, u32, u32(max_of<u16>(u16(a), u16(b))) | u32(max_of<u16>(u16(a >> 16), u16(b >> 16))) << 16)},
    {"min.s16x2", "W=WW",
     H2(u32, u32, u32,
        u32(u16(min_of<s16>(s16(a), s16(b)))) | u32(u16(min_of<s16>(s16(a >> 16), s16(b >> 16)))) << 16)},
    {"max.s16x2", "W=WW",
     H2(u32, u32, u32,
        u32(u16(max_of<s16>(s16(a), s16(b)))) | u32(u16(max_of<s16>(s16(a >> 16), s16(b >> 16)))) << 16)},
    {"min.relu.s32", "W=WW", H2(s32, s32, s32, max_of<s32>(0, min_of<s32>(a, b)))},
    {"max.relu.s32", "W=WW", H2(s32, s32, s32, max_of<s32>(0, max_of<s32>(a, b)))},
    CARRY(u32, "addw", false) CARRY(u64, "addd", false) CARRY(u32, "subw", true)
        CARRY(u64, "subd", true){"madw.lo.cc", "W=WWW", mad_carry<u32, u64, false, false, true>},
    {"madwc.lo.cc", "W=WWW", mad_carry<u32, u64, false, true, true>},
    {"madwc.lo", "W=WWW", mad_carry<u32, u64, false, true, false>},
    {"madw.hi.cc", "W=WWW", mad_carry<u32, u64, true, false, true>},
    {"madwc.hi.cc", "W=WWW", mad_carry<u32, u64, true, true, true>},
    {"madwc.hi", "W=WWW", mad_carry<u32, u64, true, true, false>},
    {"madd.lo.cc", "D=DDD", mad_carry<u64, unsigned __int128, false, false, true>},
    {"maddc.lo.cc", "D=DDD", mad_carry<u64, unsigned __int128, false, true, true>},
    {"maddc.lo", "D=DDD", mad_carry<u64, unsigned __int128, false, true, false>},
    {"madd.hi.cc", "D=DDD", mad_carry<u64, unsigned __int128, true, false, true>},
    {"maddc.hi.cc", "D=DDD", mad_carry<u64, unsigned __int128, true, true, true>},
    {"maddc.hi", "D=DDD", mad_carry<u64, unsigned __int128, true, true, false>},
    {"mul.wide.u16", "W=HH", H2(u32, u16, u16, u32(a) * u32(b))},
    {"mul.wide.s16", "W=HH", H2(u32, s16, s16, s32(a) * s32(b))},
    {"mul.wide.u32", "D=WW", H2(u64, u32, u32, u64(a) * b)},
    {"mul.wide.s32", "D=WW", H2(u64, s32, s32, s64(a) * b)},
    {"mad.wide.u16", "W=HHW", H3(u32, u16, u16, u32, u32(a) * u32(b) + c)},
    {"mad.wide.s16", "W=HHW", H3(u32, s16, s16, u32, u32(s32(a) * s32(b)) + c)},
    {"mad.wide.u32", "D=WWD", H3(u64, u32, u32, u64, u64(a) * b + c)},
    {"mad.wide.s32", "D=WWD", H3(u64, s32, s32, u64, u64(s64(a) * b) + c)},
    {"mad.hi.sat.s32", "W=WWW", H3(s32, s32, s32, s32, add_sat(mul_hi_any<s32>(a, b), c))},
    {"mul24.lo.u32", "W=WW", H2(u32, u32, u32, mul24_lo<false>(a, b))},
    {"mul24.lo.s32", "W=WW", H2(u32, u32, u32, mul24_lo<true>(a, b))},
    {"mul24.hi.u32", "W=WW", H2(u32, u32, u32, mul24_hi<false>(a, b))},
    {"mul24.hi.s32", "W=WW", H2(u32, u32, u32, mul24_hi<true>(a, b))},
    {"mad24.lo.u32", "W=WWW", H3(u32, u32, u32, u32, mul24_lo<false>(a, b) + c)},
    {"mad24.lo.s32", "W=WWW", H3(u32, u32, u32, u32, mul24_lo<true>(a, b) + c)},
    {"mad24.hi.u32", "W=WWW", H3(u32, u32, u32, u32, mul24_hi<false>(a, b) + c)},
    {"mad24.hi.s32", "W=WWW", H3(u32, u32, u32, u32, mul24_hi<true>(a, b) + c)},
    {"popc.b32", "W=W", H1(u32, u32, __builtin_popcount(a))},
    {"popc.b64", "W=D", H1(u32, u64, __builtin_popcountll(a))},
    {"clz.b32", "W=W", H1(u32, u32, a == 0 ? 32 : __builtin_clz(a))},
    {"clz.b64", "W=D", H1(u32, u64, a == 0 ? 64 : __builtin_clzll(a))},
    {"bfind.u32", "W=W", H1(u32, u32, (bfind<false, u32>(a)))},
    {"bfind.s32", "W=W", H1(u32, s32, (bfind<false, s32>(a)))},
    {"bfind.u64", "W=D", H1(u32, u64, (bfind<false, u64>(a)))},
    {"bfind.s64", "W=D", H1(u32, s64, (bfind<false, s64>(a)))},
    {"bfind.shiftamt.u32", "W=W", H1(u32, u32, (bfind<true, u32>(a)))},
    {"bfind.shiftamt.s32", "W=W", H1(u32, s32, (bfind<true, s32>(a)))},
    {"bfind.shiftamt.u64", "W=D", H1(u32, u64, (bfind<true, u64>(a)))},
    {"bfind.shiftamt.s64", "W=D", H1(u32, s64, (bfind<true, s64>(a)))},
    {"brev.b32", "W=W",
     H1(u32, u32,
        [](u32 x) {
          u32 r = 0;
          for (int k = 0; k < 32; ++k) r |= (x >> k & 1) << (31 - k);
          return r;
        }(a))},
    {"brev.b64", "D=D",
     H1(u64, u64,
        [](u64 x) {
          u64 r = 0;
          for (int k = 0; k < 64; ++k) r |= (x >> k & 1) << (63 - k);
          return r;
        }(a))},
    {"bfe.u32", "W=WWW", H3(u32, u32, u32, u32, bfe<u32>(a, b, c))},
    {"bfe.s32", "W=WWW", H3(s32, s32, u32, u32, bfe<s32>(a, b, c))},
    {"bfe.u64", "D=DWW", H3(u64, u64, u32, u32, bfe<u64>(a, b, c))},
    {"bfe.s64", "D=DWW", H3(s64, s64, u32, u32, bfe<s64>(a, b, c))},
    {"bfi.b32", "W=WWWW", H4(u32, bfi<u32>(a, b, c, e))},
    {"bfi.b64", "D=DDWW", H4(u64, bfi<u64>(a, b, c, e))},
    {"fns.b32", "W=WWW", H3(u32, u32, u32, s32, fns(a, b, c))},
    {"szext.clamp.u32", "W=WW", H2(u32, u32, u32, (szext<true, false>(a, b)))},
    {"szext.clamp.s32", "W=WW", H2(u32, u32, u32, (szext<true, true>(a, b)))},
    {"szext.wrap.u32", "W=WW", H2(u32, u32, u32, (szext<false, false>(a, b)))},
    {"szext.wrap.s32", "W=WW", H2(u32, u32, u32, (szext<false, true>(a, b)))},
    {"bmsk.clamp.b32", "W=WW", H2(u32, u32, u32, bmsk<true>(a, b))},
    {"bmsk.wrap.b32", "W=WW", H2(u32, u32, u32, bmsk<false>(a, b))},
    {"shf.l.wrap.b32", "W=WWW", H3(u32, u32, u32, u32, shf_l<false>(a, b, c))},
    {"shf.l.clamp.b32", "W=WWW", H3(u32, u32, u32, u32, shf_l<true>(a, b, c))},
    {"shf.r.wrap.b32", "W=WWW", H3(u32, u32, u32, u32, shf_r<false>(a, b, c))},
    {"shf.r.clamp.b32", "W=WWW", H3(u32, u32, u32, u32, shf_r<true>(a, b, c))},
    {"prmt.b32", "W=WWW", H3(u32, u32, u32, u32, permute(a, b, c))},
    {"prmt.b32.f4e", "W=WWW", H3(u32, u32, u32, u32, permute_mode<0>(a, b, c))},
    {"prmt.b32.b4e", "W=WWW", H3(u32, u32, u32, u32, permute_mode<1>(a, b, c))},
    {"prmt.b32.rc8", "W=WWW", H3(u32, u32, u32, u32, permute_mode<2>(a, b, c))},
    {"prmt.b32.ecl", "W=WWW", H3(u32, u32, u32, u32, permute_mode<3>(a, b, c))},
    {"prmt.b32.ecr", "W=WWW", H3(u32, u32, u32, u32, permute_mode<4>(a, b, c))},
    {"prmt.b32.rc16", "W=WWW", H3(u32, u32, u32, u32, permute_mode<5>(a, b, c))},
    {"lop3.b32", "W=WWW", lop3},
    {"dp4a.u32.u32", "W=WWW", H3(u32, u32, u32, u32, (dp4a<false, false>(a, b, c)))},
    {"dp4a.s32.s32", "W=WWW", H3(u32, u32, u32, u32, (dp4a<true, true>(a, b, c)))},
    {"dp4a.u32.s32", "W=WWW", H3(u32, u32, u32, u32, (dp4a<false, true>(a, b, c)))},
    {"dp4a.s32.u32", "W=WWW", H3(u32, u32, u32, u32, (dp4a<true, false>(a, b, c)))},
#define DP2(name, hi)                                                                               \
  {"dp2a." name ".u32.u32", "W=WWW", H3(u32, u32, u32, u32, (dp2a<hi, false, false>(a, b, c)))},    \
      {"dp2a." name ".s32.s32", "W=WWW", H3(u32, u32, u32, u32, (dp2a<hi, true, true>(a, b, c)))},  \
      {"dp2a." name ".u32.s32", "W=WWW", H3(u32, u32, u32, u32, (dp2a<hi, false, true>(a, b, c)))}, \
      {"dp2a." name ".s32.u32", "W=WWW", H3(u32, u32, u32, u32, (dp2a<hi, true, false>(a, b, c)))},
    DP2("lo", false) DP2("hi", true){"slct.b32.s32", "W=WWW", H3(u32, u32, u32, s32, c >= 0 ? a : b)},
    {"slct.b64.s32", "D=DDW", H3(u64, u64, u64, s32, c >= 0 ? a : b)},
    {"slct.b16.s32", "H=HHW", H3(u16, u16, u16, s32, c >= 0 ? a : b)},
    {"cast.W.H", "W=H", H1(u32, u16, a)},
    {"cast.D.W", "D=W", H1(u64, u32, a)},
    {"cast.D.H", "D=H", H1(u64, u16, a)},
    {"cast.H.W", "H=W", H1(u16, u32, a)},
    {"cast.W.D", "W=D", H1(u32, u64, a)},
    {"cast.H.D", "H=D", H1(u16, u64, a)},
    {"high.H.W", "H=W", H1(u16, u32, a >> 16)},
    {"high.W.D", "W=D", H1(u32, u64, a >> 32)},
    {"pack.W.H", "W=HH", H2(u32, u16, u16, u32(a) | u32(b) << 16)},
    {"pack.D.W", "D=WW", H2(u64, u32, u32, u64(a) | u64(b) << 32)},
    {"sext.W.H", "W=H", H1(u32, s16, s32(a))},
    {"sext.D.W", "D=W", H1(u64, s32, s64(a))},
    {"sext.D.H", "D=H", H1(u64, s16, s64(a))},
    {"sext8.W", "W=W", H1(u32, u32, s32(int8_t(a)))},
    {"zext8.W", "W=W", H1(u32, u32, a & 0xff)},
};

}  // namespace
}  // namespace ptxvm

#define PTXVM_NAME2(isa) ptxvm_integer_##isa
#define PTXVM_NAME(isa) PTXVM_NAME2(isa)
extern "C" ptxvm::OpTable PTXVM_NAME(PTXVM_ISA)() {
  return {ptxvm::kEntries, sizeof(ptxvm::kEntries) / sizeof(ptxvm::kEntries[0])};
}
