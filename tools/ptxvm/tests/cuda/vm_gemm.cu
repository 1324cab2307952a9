// Tensor-core kernels: mma.sync with ldmatrix and a cp.async ring, wmma, and the data movement around them.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cmath>

#include "runtime_test.h"

constexpr int kM = 64, kN = 64, kK = 160, kTile = 32, kStages = 3;

__device__ unsigned shared_address(const void* p) { return unsigned(__cvta_generic_to_shared(p)); }
__device__ void copy16(void* to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(valid ? 16 : 0));
}

// C = A (M x K, rows) times B (K x N, rows); 4 warps, each 16 rows of the block's 64 x 64.
template <class T>
__global__ void gemm(const T* a, const T* b, float* c, int m, int n, int k) {
  __shared__ __align__(16) T as[kStages][64][kTile + 8];
  __shared__ __align__(16) T bs[kStages][kTile][64 + 8];
  const int t = threadIdx.x, warp = t / 32, lane = t % 32;
  const auto fetch = [&](int stage, int k0) {
    for (int i = t; i < 64 * kTile / 8; i += 128) {
      const int row = i / (kTile / 8), col = i % (kTile / 8) * 8;
      copy16(&as[stage][row][col], a + row * k + k0 + col, k0 + col < k);
      const int brow = i / 8, bcol = i % 8 * 8;
      copy16(&bs[stage][brow][bcol], b + (k0 + brow) * n + bcol, k0 + brow < k);
    }
    asm volatile("cp.async.commit_group;");
  };
  float acc[8][4] = {};
  const int tiles = (k + kTile - 1) / kTile;
  for (int s = 0; s < kStages - 1; ++s) fetch(s, s * kTile);
  for (int tile = 0; tile < tiles; ++tile) {
    asm volatile("cp.async.wait_group %0;" ::"n"(kStages - 2));
    __syncthreads();
    fetch((tile + kStages - 1) % kStages, (tile + kStages - 1) * kTile);
    const int s = tile % kStages;
    for (int kk = 0; kk < kTile; kk += 16) {
      unsigned ra[4], rb[2];
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                   : "=r"(ra[0]), "=r"(ra[1]), "=r"(ra[2]), "=r"(ra[3])
                   : "r"(shared_address(&as[s][warp * 16 + lane % 16][kk + lane / 16 * 8])));
      for (int j = 0; j < 8; ++j) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                     : "=r"(rb[0]), "=r"(rb[1])
                     : "r"(shared_address(&bs[s][kk + lane % 16][j * 8])));
        if constexpr (sizeof(T) == 2 && std::is_same<T, __half>::value)
          asm volatile(
              "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
              "{%0,%1,%2,%3};"
              : "+f"(acc[j][0]), "+f"(acc[j][1]), "+f"(acc[j][2]), "+f"(acc[j][3])
              : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
        else
          asm volatile(
              "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
              "{%0,%1,%2,%3};"
              : "+f"(acc[j][0]), "+f"(acc[j][1]), "+f"(acc[j][2]), "+f"(acc[j][3])
              : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
      }
    }
    __syncthreads();
  }
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 4; ++i) c[(warp * 16 + lane / 4 + i / 2 * 8) * n + j * 8 + lane % 4 * 2 + i % 2] = acc[j][i];
}

__global__ void wmma_gemm(const __half* a, const __half* b, float* c, int k) {
  using namespace nvcuda::wmma;
  fragment<matrix_a, 16, 16, 16, __half, row_major> fa;
  fragment<matrix_b, 16, 16, 16, __half, row_major> fb;
  fragment<accumulator, 16, 16, 16, float> fc;
  fill_fragment(fc, 0.0f);
  for (int i = 0; i < k; i += 16) {
    load_matrix_sync(fa, a + blockIdx.y * 16 * k + i, k);
    load_matrix_sync(fb, b + i * kN + blockIdx.x * 16, kN);
    mma_sync(fc, fa, fb, fc);
  }
  store_matrix_sync(c + blockIdx.y * 16 * kN + blockIdx.x * 16, fc, kN, mem_row_major);
}

__global__ void int8_mma(const int* a, const int* b, int* c) {
  const int lane = threadIdx.x;
  int d[4] = {lane, 0, 0, 0};
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
               : "r"(a[lane / 4 * 8 + lane % 4]), "r"(a[(lane / 4 + 8) * 8 + lane % 4]),
                 "r"(a[lane / 4 * 8 + lane % 4 + 4]), "r"(a[(lane / 4 + 8) * 8 + lane % 4 + 4]),
                 "r"(b[lane / 4 * 8 + lane % 4]), "r"(b[lane / 4 * 8 + lane % 4 + 4]));
  for (int i = 0; i < 4; ++i) c[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = d[i];
}

__global__ void transpose8(const unsigned* in, unsigned* out) {
  unsigned v = in[threadIdx.x];
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(v) : "r"(v));
  out[threadIdx.x] = v;
}

template <class T>
void check_gemm(const T* a, const T* b, const std::vector<float>& fa, const std::vector<float>& fb) {
  float* c;
  OK(cudaMalloc(&c, kM * kN * 4));
  OK(cudaMemset(c, 0xff, kM * kN * 4));
  gemm<T><<<1, 128>>>(a, b, c, kM, kN, kK);
  std::vector<float> r(kM * kN);
  OK(cudaMemcpy(r.data(), c, kM * kN * 4, cudaMemcpyDeviceToHost));
  for (int i = 0; i < kM; ++i)
    for (int j = 0; j < kN; ++j) {
      double sum = 0;
      for (int k = 0; k < kK; ++k) sum += double(fa[i * kK + k]) * fb[k * kN + j];
      REQUIRE(sum == r[i * kN + j]);  // small multiples of a power of two: exact in any order
    }
  if constexpr (std::is_same<T, __half>::value) {
    OK(cudaMemset(c, 0xff, kM * kN * 4));
    wmma_gemm<<<dim3(kN / 16, kM / 16), 32>>>(a, b, c, kK);
    std::vector<float> w(kM * kN);
    OK(cudaMemcpy(w.data(), c, kM * kN * 4, cudaMemcpyDeviceToHost));
    REQUIRE(w == r);
  }
  OK(cudaFree(c));
}

template <class T>
void run_gemm() {
  std::vector<float> fa(kM * kK), fb(kK * kN);
  std::vector<T> a(kM * kK), b(kK * kN);
  for (int i = 0; i < kM * kK; ++i) a[i] = T(fa[i] = (i * 37 % 64 - 31) * 0.125f);
  for (int i = 0; i < kK * kN; ++i) b[i] = T(fb[i] = (i * 53 % 128 - 60) * 0.25f);
  T *da, *db;
  OK(cudaMalloc(&da, a.size() * 2));
  OK(cudaMalloc(&db, b.size() * 2));
  OK(cudaMemcpy(da, a.data(), a.size() * 2, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(db, b.data(), b.size() * 2, cudaMemcpyHostToDevice));
  check_gemm(da, db, fa, fb);
}

int main() {
  run_gemm<__half>();
  run_gemm<__nv_bfloat16>();
  std::vector<int> a(128), b(64), c(128);
  auto* pa = reinterpret_cast<signed char*>(a.data());
  auto* pb = reinterpret_cast<signed char*>(b.data());
  for (int i = 0; i < 512; ++i) pa[i] = static_cast<signed char>(i * 91);
  for (int i = 0; i < 256; ++i) pb[i] = static_cast<signed char>(i * 57 + 3);
  int *da, *db, *dc;
  OK(cudaMalloc(&da, 512));
  OK(cudaMalloc(&db, 256));
  OK(cudaMalloc(&dc, 512));
  OK(cudaMemcpy(da, a.data(), 512, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(db, b.data(), 256, cudaMemcpyHostToDevice));
  int8_mma<<<1, 32>>>(da, db, dc);
  c = host_copy(dc, 128);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      int sum = i < 8 && j % 2 == 0 ? i * 4 + j / 2 : 0;
      for (int k = 0; k < 32; ++k) sum += pa[i * 32 + k] * pb[j * 32 + k];
      REQUIRE(c[i * 8 + j] == sum);
    }
  std::vector<unsigned short> m(64);
  for (int i = 0; i < 64; ++i) m[i] = static_cast<unsigned short>(i);
  OK(cudaMemcpy(da, m.data(), 128, cudaMemcpyHostToDevice));
  transpose8<<<1, 32>>>(reinterpret_cast<unsigned*>(da), reinterpret_cast<unsigned*>(da));
  OK(cudaMemcpy(m.data(), da, 128, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 64; ++i) REQUIRE(m[i] == i % 8 * 8 + i / 8);
  std::puts("ok");
}
