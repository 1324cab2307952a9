// The instructions of ptx_conformance: CASE32 and CASE64 name an instruction of up to three operands (%1 %2 %3) and one
// result (%0), and give its exact result as a function of the operands' bits, or none where the ISA leaves room.
// CASE32(identifier, text, exact)
#define CASES32                                                                                                       \
  CASE32(add_rn_f32, "add.rn.f32 %0, %1, %2;", rounded(FE_TONEAREST, f(a) + f(b)))                                    \
  CASE32(add_rz_f32, "add.rz.f32 %0, %1, %2;", rounded(FE_TOWARDZERO, f(a) + f(b)))                                   \
  CASE32(sub_rm_f32, "sub.rm.f32 %0, %1, %2;", rounded(FE_DOWNWARD, f(a) - f(b)))                                     \
  CASE32(mul_rn_f32, "mul.rn.f32 %0, %1, %2;", rounded(FE_TONEAREST, f(a) * f(b)))                                    \
  CASE32(mul_rp_f32, "mul.rp.f32 %0, %1, %2;", rounded(FE_UPWARD, f(a) * f(b)))                                       \
  CASE32(mul_ftz_f32, "mul.rn.ftz.f32 %0, %1, %2;", none())                                                           \
  CASE32(add_sat_f32, "add.rn.sat.f32 %0, %1, %2;", none())                                                           \
  CASE32(fma_rn_f32, "fma.rn.f32 %0, %1, %2, %3;", rounded(FE_TONEAREST, std::fma(f(a), f(b), f(c))))                 \
  CASE32(fma_rm_f32, "fma.rm.f32 %0, %1, %2, %3;", rounded(FE_DOWNWARD, std::fma(f(a), f(b), f(c))))                  \
  CASE32(div_rn_f32, "div.rn.f32 %0, %1, %2;", rounded(FE_TONEAREST, f(a) / f(b)))                                    \
  CASE32(div_rz_f32, "div.rz.f32 %0, %1, %2;", rounded(FE_TOWARDZERO, f(a) / f(b)))                                   \
  CASE32(rcp_rp_f32, "rcp.rp.f32 %0, %1;", rounded(FE_UPWARD, 1.0f / f(a)))                                           \
  CASE32(sqrt_rn_f32, "sqrt.rn.f32 %0, %1;", rounded(FE_TONEAREST, std::sqrt(f(a))))                                  \
  CASE32(min_f32, "min.f32 %0, %1, %2;", none())                                                                      \
  CASE32(max_nan_f32, "max.NaN.f32 %0, %1, %2;", none())                                                              \
  CASE32(div_full_f32, "div.full.f32 %0, %1, %2;", none())                                                            \
  CASE32(div_approx_f32, "div.approx.f32 %0, %1, %2;", none())                                                        \
  CASE32(rcp_approx_f32, "rcp.approx.f32 %0, %1;", none())                                                            \
  CASE32(sqrt_approx_f32, "sqrt.approx.f32 %0, %1;", none())                                                          \
  CASE32(rsqrt_approx_f32, "rsqrt.approx.f32 %0, %1;", none())                                                        \
  CASE32(ex2_approx_f32, "ex2.approx.f32 %0, %1;", none())                                                            \
  CASE32(ex2_approx_ftz_f32, "ex2.approx.ftz.f32 %0, %1;", none())                                                    \
  CASE32(lg2_approx_f32, "lg2.approx.f32 %0, %1;", none())                                                            \
  CASE32(sin_approx_f32, "sin.approx.f32 %0, %1;", none())                                                            \
  CASE32(cos_approx_f32, "cos.approx.f32 %0, %1;", none())                                                            \
  CASE32(tanh_approx_f32, "tanh.approx.f32 %0, %1;", none())                                                          \
  CASE32(tanh_approx_f16x2, "tanh.approx.f16x2 %0, %1;", none())                                                      \
  CASE32(ex2_approx_f16x2, "ex2.approx.f16x2 %0, %1;", none())                                                        \
  CASE32(add_f16x2, "add.rn.f16x2 %0, %1, %2;", none())                                                               \
  CASE32(mul_f16x2, "mul.rn.f16x2 %0, %1, %2;", none())                                                               \
  CASE32(fma_f16x2, "fma.rn.f16x2 %0, %1, %2, %3;", none())                                                           \
  CASE32(fma_relu_f16x2, "fma.rn.relu.f16x2 %0, %1, %2, %3;", none())                                                 \
  CASE32(fma_bf16x2, "fma.rn.bf16x2 %0, %1, %2, %3;", none())                                                         \
  CASE32(min_f16x2, "min.f16x2 %0, %1, %2;", none())                                                                  \
  CASE32(max_nan_bf16x2, "max.NaN.bf16x2 %0, %1, %2;", none())                                                        \
  CASE32(cvt_f16x2_f32, "cvt.rn.f16x2.f32 %0, %1, %2;", none())                                                       \
  CASE32(cvt_bf16x2_f32, "cvt.rn.bf16x2.f32 %0, %1, %2;", none())                                                     \
  CASE32(cvt_rz_bf16x2_f32, "cvt.rz.bf16x2.f32 %0, %1, %2;", none())                                                  \
  CASE32(cvt_tf32_f32, "cvt.rna.tf32.f32 %0, %1;", none())                                                            \
  CASE32(cvt_rni_s32_f32, "cvt.rni.s32.f32 %0, %1;", to_integer(std::nearbyint(double(f(a))), -0x1p31, 0x1p31 - 1))   \
  CASE32(cvt_rzi_s32_f32, "cvt.rzi.s32.f32 %0, %1;", to_integer(std::trunc(double(f(a))), -0x1p31, 0x1p31 - 1))       \
  CASE32(cvt_rmi_u32_f32, "cvt.rmi.u32.f32 %0, %1;", to_integer(std::floor(double(f(a))), 0, 0x1p32 - 1))             \
  CASE32(cvt_rn_f32_s32, "cvt.rn.f32.s32 %0, %1;", rounded(FE_TONEAREST, static_cast<float>(s(a))))                   \
  CASE32(cvt_rp_f32_u32, "cvt.rp.f32.u32 %0, %1;", none())                                                            \
  CASE32(cvt_sat_u8_f32, "cvt.rni.sat.u8.f32 %0, %1;", to_integer(std::nearbyint(double(f(a))), 0, 255))              \
  CASE32(cvt_pack_s8, "cvt.pack.sat.s8.s32.b32 %0, %1, %2, %3;", none())                                              \
  CASE32(mul_hi_s32, "mul.hi.s32 %0, %1, %2;", uint32_t(int64_t(s(a)) * s(b) >> 32))                                  \
  CASE32(mul_hi_u32, "mul.hi.u32 %0, %1, %2;", uint32_t(uint64_t(a) * b >> 32))                                       \
  CASE32(mad_lo_u32, "mad.lo.u32 %0, %1, %2, %3;", a * b + c)                                                         \
  CASE32(mul24_hi_u32, "mul24.hi.u32 %0, %1, %2;", uint32_t(uint64_t(a & 0xffffff) * (b & 0xffffff) >> 16))           \
  CASE32(sad_s32, "sad.s32 %0, %1, %2, %3;", uint32_t(std::abs(int64_t(s(a)) - s(b))) + c)                            \
  CASE32(add_sat_s32, "add.sat.s32 %0, %1, %2;", to_integer(double(s(a)) + double(s(b)), -0x1p31, 0x1p31 - 1))        \
  CASE32(div_u32, "div.u32 %0, %1, %2;", b == 0 ? ~0u : a / b)                                                        \
  CASE32(popc, "popc.b32 %0, %1;", uint32_t(__builtin_popcount(a)))                                                   \
  CASE32(clz, "clz.b32 %0, %1;", a == 0 ? 32u : uint32_t(__builtin_clz(a)))                                           \
  CASE32(bfind_s32, "bfind.s32 %0, %1;", none())                                                                      \
  CASE32(brev, "brev.b32 %0, %1;", none())                                                                            \
  CASE32(bfe_u32, "bfe.u32 %0, %1, %2, %3;", none())                                                                  \
  CASE32(bfe_s32, "bfe.s32 %0, %1, %2, %3;", none())                                                                  \
  CASE32(bfi, "bfi.b32 %0, %1, %2, %3, 7;", none())                                                                   \
  CASE32(shf_l_wrap, "shf.l.wrap.b32 %0, %1, %2, %3;", uint32_t((uint64_t(b) << 32 | a) << (c & 31) >> 32))           \
  CASE32(shf_r_clamp, "shf.r.clamp.b32 %0, %1, %2, %3;", uint32_t((uint64_t(b) << 32 | a) >> std::min(c, 32u)))       \
  CASE32(shl, "shl.b32 %0, %1, %2;", b > 31 ? 0 : a << b)                                                             \
  CASE32(shr_s32, "shr.s32 %0, %1, %2;", uint32_t(s(a) >> std::min(b, 31u)))                                          \
  CASE32(prmt, "prmt.b32 %0, %1, %2, %3;", none())                                                                    \
  CASE32(prmt_rc16, "prmt.b32.rc16 %0, %1, %2, %3;", none())                                                          \
  CASE32(lop3, "lop3.b32 %0, %1, %2, %3, 0xe8;", (a & b) | (a & c) | (b & c))                                         \
  CASE32(fns, "fns.b32 %0, %1, 3, 2;", none())                                                                        \
  CASE32(szext, "szext.wrap.s32 %0, %1, %2;", none())                                                                 \
  CASE32(bmsk, "bmsk.clamp.b32 %0, %1, %2;", none())                                                                  \
  CASE32(dp4a, "dp4a.s32.u32 %0, %1, %2, %3;", none())                                                                \
  CASE32(dp2a, "dp2a.lo.s32.s32 %0, %1, %2, %3;", none())                                                             \
  CASE32(vadd4, "vadd4.s32.s32.s32.sat %0, %1, %2, %3;", none())                                                      \
  CASE32(vabsdiff4, "vabsdiff4.u32.u32.u32.add %0, %1, %2, %3;", none())                                              \
  CASE32(shfl_idx, "shfl.sync.idx.b32 %0, %1, 7, 0x1f, -1;", none())                                                  \
  CASE32(shfl_bfly, "shfl.sync.bfly.b32 %0, %1, 5, 0x1f, -1;", none())                                                \
  CASE32(shfl_up, "shfl.sync.up.b32 %0, %1, 3, 0x1000, -1;", none())                                                  \
  CASE32(match_any, "match.any.sync.b32 %0, %1, -1;", none())                                                         \
  CASE32(redux_min, "redux.sync.min.s32 %0, %1, -1;", none())                                                         \
  CASE32(redux_xor, "redux.sync.xor.b32 %0, %1, -1;", none())

#define CASES64                                                                                                       \
  CASE64(add_rm_f64, "add.rm.f64 %0, %1, %2;", rounded(FE_DOWNWARD, f(a) + f(b)))                                     \
  CASE64(mul_rn_f64, "mul.rn.f64 %0, %1, %2;", rounded(FE_TONEAREST, f(a) * f(b)))                                    \
  CASE64(fma_rz_f64, "fma.rz.f64 %0, %1, %2, %3;", rounded(FE_TOWARDZERO, std::fma(f(a), f(b), f(c))))                \
  CASE64(div_rn_f64, "div.rn.f64 %0, %1, %2;", rounded(FE_TONEAREST, f(a) / f(b)))                                    \
  CASE64(sqrt_rp_f64, "sqrt.rp.f64 %0, %1;", rounded(FE_UPWARD, std::sqrt(f(a))))                                     \
  CASE64(rcp_approx_f64, "rcp.approx.ftz.f64 %0, %1;", none())                                                        \
  CASE64(rsqrt_approx_f64, "rsqrt.approx.f64 %0, %1;", none())                                                        \
  CASE64(mul_hi_s64, "mul.hi.s64 %0, %1, %2;", uint64_t(__int128(s(a)) * s(b) >> 64))                                 \
  CASE64(mul_hi_u64, "mul.hi.u64 %0, %1, %2;", uint64_t((unsigned __int128)(a) * b >> 64))                            \
  CASE64(brev_64, "brev.b64 %0, %1;", none())                                                                         \
  CASE64(cvt_rn_f64_s64, "cvt.rn.f64.s64 %0, %1;", rounded(FE_TONEAREST, static_cast<double>(s(a))))                  \
  CASE64(cvt_rzi_s64_f64, "cvt.rzi.s64.f64 %0, %1;", none())

// Matrix products with four registers of A, two of B, four of C and D: MATRIX(identifier, text, bits of an element)
#define MATRICES                                                                                                      \
  MATRIX(mma_f16, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 16)                                            \
  MATRIX(mma_bf16, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 16)                                         \
  MATRIX(mma_tf32, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 32)                                          \
  MATRIX(mma_s8, "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32", 8)
