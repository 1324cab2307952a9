// Regions compiled for an instruction set, whatever flags the file is compiled with.
//
// Between BEGIN and END stand only plain functions of internal linkage on raw pointers: no lambda, no OpenMP, no STL,
// no inline function of another header, since the linker may keep this file's copy of such a function and hand it to a
// machine without the instructions. The OpenMP loop outside calls them. Headers are included before BEGIN.
#pragma once
#include <immintrin.h>

#include <cstdint>

#define GLIMPSE_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define GLIMPSE_ISA_BEGIN(isa) \
  GLIMPSE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define GLIMPSE_ISA_END GLIMPSE_PRAGMA(clang attribute pop)
#else
#define GLIMPSE_ISA_BEGIN(isa) GLIMPSE_PRAGMA(GCC push_options) GLIMPSE_PRAGMA(GCC target(isa))
#define GLIMPSE_ISA_END GLIMPSE_PRAGMA(GCC pop_options)
#endif

#define GLIMPSE_AVX2_BEGIN GLIMPSE_ISA_BEGIN("avx2,fma")
#define GLIMPSE_AVX512_BEGIN GLIMPSE_ISA_BEGIN("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
