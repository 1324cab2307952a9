// f32, f64, f16 and bf16 arithmetic and comparison. Approximations and cvt go through function pointers (see decode).
#include "lanes.h"
#include "numerics/float_arith.h"
#include "numerics/float_misc.h"
#include "numerics/half.h"

namespace ptxvm {
namespace {

using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using f32 = float;
using f64 = double;
using R = RoundMode;

#define L [](Warp * w, const Inst* in)
#define H1(T, expr)                                                  \
  L {                                                                \
    return lanes::unary<T, T>(w, in, [](T a) -> T { return expr; }); \
  }
#define H2(T, expr)                                                           \
  L {                                                                         \
    return lanes::binary<T, T, T>(w, in, [](T a, T b) -> T { return expr; }); \
  }
#define H3(T, expr)                                                                    \
  L {                                                                                  \
    return lanes::ternary<T, T, T, T>(w, in, [](T a, T b, T c) -> T { return expr; }); \
  }
#define HC(T, expr)                                                 \
  L {                                                               \
    return lanes::compare<T>(w, in, [](T a, T b) { return expr; }); \
  }

#define ARITH(T, t, r, rn, m, ftz, sat)                               \
  {"add" rn m "." t, "x=xx", H2(T, (fp_add<r, ftz, sat>(a, b)))},     \
      {"sub" rn m "." t, "x=xx", H2(T, (fp_sub<r, ftz, sat>(a, b)))}, \
      {"mul" rn m "." t, "x=xx", H2(T, (fp_mul<r, ftz, sat>(a, b)))}, \
      {"fma" rn m "." t, "x=xxx", H3(T, (fp_fma<r, ftz, sat>(a, b, c)))},
#define DIVISION(T, t, r, rn, m, ftz)                                                                               \
  {"div" rn m "." t, "x=xx", H2(T, (fp_div<r, ftz>(a, b)))}, {"rcp" rn m "." t, "x=x", H1(T, (fp_rcp<r, ftz>(a)))}, \
      {"sqrt" rn m "." t, "x=x", H1(T, (fp_sqrt<r, ftz>(a)))},
#define ROUNDED(r, rn)                                                                            \
  ARITH(f32, "f32", r, rn, "", false, false)                                                      \
  ARITH(f32, "f32", r, rn, ".ftz", true, false) ARITH(f32, "f32", r, rn, ".sat", false, true)     \
      ARITH(f32, "f32", r, rn, ".ftz.sat", true, true) ARITH(f64, "f64", r, rn, "", false, false) \
          DIVISION(f32, "f32", r, rn, "", false) DIVISION(f32, "f32", r, rn, ".ftz", true)        \
              DIVISION(f64, "f64", r, rn, "", false)

#define MINMAX(T, t, m, ftz, nan, xs)                                      \
  {"min" m "." t, "x=xx", H2(T, (fp_min_max<false, ftz, nan, xs>(a, b)))}, \
      {"max" m "." t, "x=xx", H2(T, (fp_min_max<true, ftz, nan, xs>(a, b)))},

// ftz compares flushed operands. The unordered forms are true when an operand is NaN.
#define COMPARE(T, t, m, X)                                                                                            \
  {"setp.eq" m "." t, "P=xx", HC(T, X(a) == X(b))}, {"setp.ne" m "." t, "P=xx", HC(T, (X(a) < X(b)) | (X(a) > X(b)))}, \
      {"setp.lt" m "." t, "P=xx", HC(T, X(a) < X(b))}, {"setp.le" m "." t, "P=xx", HC(T, X(a) <= X(b))},               \
      {"setp.gt" m "." t, "P=xx", HC(T, X(a) > X(b))}, {"setp.ge" m "." t, "P=xx", HC(T, X(a) >= X(b))},               \
      {"setp.equ" m "." t, "P=xx", HC(T, !((X(a) < X(b)) | (X(a) > X(b))))},                                           \
      {"setp.neu" m "." t, "P=xx", HC(T, !(X(a) == X(b)))}, {"setp.ltu" m "." t, "P=xx", HC(T, !(X(a) >= X(b)))},      \
      {"setp.leu" m "." t, "P=xx", HC(T, !(X(a) > X(b)))}, {"setp.gtu" m "." t, "P=xx", HC(T, !(X(a) <= X(b)))},       \
      {"setp.geu" m "." t, "P=xx", HC(T, !(X(a) < X(b)))}, {"setp.num" m "." t, "P=xx", HC(T, (a == a) & (b == b))},   \
      {"setp.nan" m "." t, "P=xx", HC(T, (a != a) | (b != b))},

#define SELF(x) (x)
#define WIDE16(x) (F16::wide(x))
#define WIDEF16(x) (F16::wide(F16::flush(x)))
#define WIDEBF(x) (Bf16::wide(x))
#define HCOMPARE(t, m, X)                                                                                             \
  {"setp.eq" m "." t, "P=xx", HC(u16, X(a) == X(b))},                                                                 \
      {"setp.ne" m "." t, "P=xx", HC(u16, (X(a) < X(b)) | (X(a) > X(b)))},                                            \
      {"setp.lt" m "." t, "P=xx", HC(u16, X(a) < X(b))}, {"setp.le" m "." t, "P=xx", HC(u16, X(a) <= X(b))},          \
      {"setp.gt" m "." t, "P=xx", HC(u16, X(a) > X(b))}, {"setp.ge" m "." t, "P=xx", HC(u16, X(a) >= X(b))},          \
      {"setp.equ" m "." t, "P=xx", HC(u16, !((X(a) < X(b)) | (X(a) > X(b))))},                                        \
      {"setp.neu" m "." t, "P=xx", HC(u16, !(X(a) == X(b)))}, {"setp.ltu" m "." t, "P=xx", HC(u16, !(X(a) >= X(b)))}, \
      {"setp.leu" m "." t, "P=xx", HC(u16, !(X(a) > X(b)))}, {"setp.gtu" m "." t, "P=xx", HC(u16, !(X(a) <= X(b)))},  \
      {"setp.geu" m "." t, "P=xx", HC(u16, !(X(a) < X(b)))},                                                          \
      {"setp.num" m "." t, "P=xx", HC(u16, (X(a) == X(a)) & (X(b) == X(b)))},                                         \
      {"setp.nan" m "." t, "P=xx", HC(u16, (X(a) != X(a)) | (X(b) != X(b)))},

// Each half operation also in its packed form.
#define HALF2(name, H, t, M, expr)     \
  {name "." t, "H=HH", H2(u16, expr)}, \
      {name "." t "x2", "W=WW",        \
       H2(u32, packed(                 \
                   [](u16 a, u16 b) __attribute__((always_inline))->u16 { return expr; }, a, b))},
#define HALF3(name, t, expr)            \
  {name "." t, "H=HHH", H3(u16, expr)}, \
      {name "." t "x2", "W=WWW",        \
       H3(u32, packed(                  \
                   [](u16 a, u16 b, u16 c) __attribute__((always_inline))->u16 { return expr; }, a, b, c))},
#define HALF1(name, t, expr)          \
  {name "." t, "H=H", H1(u16, expr)}, \
      {name "." t "x2", "W=W",        \
       H1(u32, packed(                \
                   [](u16 a, u16) __attribute__((always_inline))->u16 { return expr; }, a, a))},
#define HALF_ARITH(H, t, m, M)                                                                    \
  HALF2("add" m, H, t, M, (half_add<H, M>(a, b)))                                                 \
  HALF2("sub" m, H, t, M, (half_sub<H, M>(a, b))) HALF2("mul" m, H, t, M, (half_mul<H, M>(a, b))) \
      HALF3("fma" m, t, (half_fma<H, M>(a, b, c)))
#define HALF_MINMAX(H, t, m, ftz, nan, xs)                              \
  HALF2("min" m, H, t, 0, (half_min_max<H, false, ftz, nan, xs>(a, b))) \
  HALF2("max" m, H, t, 0, (half_min_max<H, true, ftz, nan, xs>(a, b)))

constexpr HalfModifiers kPlain{}, kFtz{true, false, false}, kSat{false, true, false}, kRelu{false, false, true},
    kFtzSat{true, true, false}, kFtzRelu{true, false, true};

template <bool Hardware, class T, TestProperty P>
const Inst* testp(Warp* w, const Inst* in) {
  const T* a = lanes::at<T>(w, in->a);
  u32 m = 0;
  for (int i = 0; i < 32; ++i) m |= u32(fp_testp<T>(P, a[i])) << i;
  u32& d = lanes::predicate(w, in->d);
  d = (d & ~w->mask) | (m & w->mask);
  return in + 1;
}
#define TESTP(name, P) \
  {"testp." name ".f32", "P=x", testp<true, f32, P>}, {"testp." name ".f64", "P=x", testp<true, f64, P>},

const OpEntry kEntries[] = {
    ROUNDED(R::kRn, "") ROUNDED(R::kRz, ".rz") ROUNDED(R::kRm, ".rm") ROUNDED(R::kRp, ".rp")
        MINMAX(f32, "f32", "", false, NanRule::kNumber, false) MINMAX(f32, "f32", ".ftz", true, NanRule::kNumber, false)
            MINMAX(f32, "f32", ".NaN", false, NanRule::kNan, false)
                MINMAX(f32, "f32", ".ftz.NaN", true, NanRule::kNan, false) MINMAX(f32, "f32", ".xorsign.abs", false,
                                                                                  NanRule::kNumber, true)
                    MINMAX(f32, "f32", ".NaN.xorsign.abs", false, NanRule::kNan, true) MINMAX(
                        f64, "f64", "", false, NanRule::kNumber, false){"abs.f32", "x=x", H1(f32, fp_abs<false>(a))},
    {"abs.ftz.f32", "x=x", H1(f32, fp_abs<true>(a))}, {"abs.f64", "x=x", H1(f64, fp_abs(a))},
    {"neg.f32", "x=x", H1(f32, fp_neg<false>(a))}, {"neg.ftz.f32", "x=x", H1(f32, fp_neg<true>(a))},
    {"neg.f64", "x=x", H1(f64, fp_neg(a))}, {"copysign.f32", "x=xx", H2(f32, fp_copysign(a, b))},
    {"copysign.f64", "x=xx", H2(f64, fp_copysign(a, b))},
    COMPARE(f32, "f32", "", SELF) COMPARE(f32, "f32", ".ftz", flush) COMPARE(f64, "f64", "", SELF)
        HCOMPARE("f16", "", WIDE16) HCOMPARE("f16", ".ftz", WIDEF16) HCOMPARE("bf16", "", WIDEBF)
            HALF_ARITH(F16, "f16", "", kPlain) HALF_ARITH(F16, "f16", ".ftz", kFtz) HALF_ARITH(F16, "f16", ".sat", kSat)
                HALF_ARITH(F16, "f16", ".ftz.sat", kFtzSat) HALF_ARITH(Bf16, "bf16", "", kPlain) HALF3(
                    "fma.relu", "f16", (half_fma<F16, kRelu>(a, b, c))) HALF3("fma.ftz.relu", "f16",
                                                                              (half_fma<F16, kFtzRelu>(a, b, c)))
                    HALF3("fma.relu", "bf16", (half_fma<Bf16, kRelu>(a, b, c))) HALF_MINMAX(
                        F16, "f16", "", false, NanRule::kNumber, false) HALF_MINMAX(F16, "f16", ".ftz",
                                                                                    true, NanRule::kNumber, false)
                        HALF_MINMAX(F16, "f16", ".NaN", false, NanRule::kNan, false)
                            HALF_MINMAX(F16, "f16", ".ftz.NaN", true, NanRule::kNan, false)
                                HALF_MINMAX(F16, "f16", ".xorsign.abs", false, NanRule::kNumber, true) HALF_MINMAX(
                                    Bf16, "bf16", "", false, NanRule::kNumber, false)
                                    HALF_MINMAX(Bf16, "bf16", ".NaN", false, NanRule::kNan, false) HALF_MINMAX(
                                        Bf16, "bf16", ".xorsign.abs", false, NanRule::kNumber, true)
                                        HALF1("abs", "f16", (half_abs<false, F16>(a)))
                                            HALF1("abs.ftz", "f16", (half_abs<true, F16>(a))) HALF1(
                                                "abs", "bf16", (half_abs<false, Bf16>(a)))
                                                HALF1("neg", "f16", (half_neg<false, F16>(a)))
                                                    HALF1("neg.ftz", "f16", (half_neg<true, F16>(a)))
                                                        HALF1("neg", "bf16", (half_neg<false, Bf16>(a))) TESTP(
                                                            "finite", TestProperty::kFinite)
                                                            TESTP("infinite", TestProperty::kInfinite) TESTP(
                                                                "number", TestProperty::kNumber)
                                                                TESTP("notanumber", TestProperty::kNotANumber)
                                                                    TESTP("normal", TestProperty::kNormal) TESTP(
                                                                        "subnormal", TestProperty::kSubnormal){
                                                                        "cvt.f32.s32", "W=W",
                                                                        L{return lanes::unary<f32, int32_t>(
                                                                            w, in, [](int32_t a) { return f32(a); });
}  // namespace
}  // namespace ptxvm
, {"cvt.f32.u32", "W=W", L{return lanes::unary<f32, u32>(w, in, [](u32 a) { return f32(a); });
}
}
, {"cvt.f64.s32", "D=W", L{return lanes::unary<f64, int32_t>(w, in, [](int32_t a) { return f64(a); });
}
}
, {"cvt.f64.f32", "D=W", L{return lanes::unary<f64, f32>(w, in, [](f32 a) { return f64(a); });
}
}
, {"cvt.f32.f64", "W=D", L{return lanes::unary<f32, f64>(w, in, [](f64 a) { return canonical(f32(a)); });
}
}
, {"cvt.f32.f16", "W=H", L{return lanes::unary<f32, u16>(w, in, [](u16 a) { return F16::wide(a); });
}
}
, {"cvt.f32.bf16", "W=H", L{return lanes::unary<f32, u16>(w, in, [](u16 a) { return Bf16::wide(a); });
}
}
, {"cvt.f16.f32", "H=W", L{return lanes::unary<u16, f32>(w, in, [](f32 a) { return F16::narrow(a); });
}
}
, {"cvt.bf16.f32", "H=W", L{return lanes::unary<u16, f32>(w, in, [](f32 a) { return Bf16::narrow(a); });
}
}
, {"cvt.bf16x2.f32", "W=WW", L{return lanes::binary<u32, f32, f32>(w, in, [](f32 a, f32 b) {
     return u32(Bf16::narrow(a)) << 16 | Bf16::narrow(b);
   });
}
}
, {"cvt.f16x2.f32", "W=WW", L{return lanes::binary<u32, f32, f32>(w, in, [](f32 a, f32 b) {
     return u32(F16::narrow(a)) << 16 | F16::narrow(b);
   });
}
}
,
}
;

}  // namespace
}  // namespace ptxvm

#define PTXVM_NAME2(isa) ptxvm_float_##isa
#define PTXVM_NAME(isa) PTXVM_NAME2(isa)
extern "C" ptxvm::OpTable PTXVM_NAME(PTXVM_ISA)() {
  return {ptxvm::kEntries, sizeof(ptxvm::kEntries) / sizeof(ptxvm::kEntries[0])};
}
