// linear by cuBLASLt.
//
// Algorithm: one product with its epilogue. Its matrices are column-major, our rows are its columns: D[N, M] = W^T x,
//   with W read as [K, N] transposed and x as [K, M]; the bias runs along D's rows, the residual is C with beta 1.
// Traffic: x, W, bias, residual once, y once, as far as its tiles' reuse in L2 goes.
// Accepts: bf16 throughout, rows on 16-byte boundaries (K % 8), any M, N; y on any boundary.
// Numerics: f32 sums; bias and residual are added in f32 before the one rounding, where the contract rounds twice.
//   Which of its kernels runs depends on M, and so may the order of the sums: never auto's choice, but
//   --kernel linear=cublaslt asks for it.
// Measured: not yet.
#include <memory>

#include "glimpse/device/check.cuh"
#include "kernels/linear/accepts.h"

#if __has_include(<cublasLt.h>)
#include <algorithm>
#include <array>
#include <map>

#include "kernels/linear/cublaslt.h"

namespace glimpse {
namespace {

using cublaslt::check;
using cublaslt::library;

template <class T> using Owned = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

uint32_t alignment_of(const TensorView& t) {
  const uint64_t at = reinterpret_cast<uint64_t>(t.data) | uint64_t(t.stride[0] * size_of(t.dtype));
  return uint32_t(std::min<uint64_t>(at & (~at + 1), 256));
}

// A handle, and the algorithm for each shape, found once.
struct CublasLt {
  // M, N, K, strides and alignments of w, x, c, y, alignment of the bias (0: none).
  using Key = std::array<int64_t, 12>;
  cublasLtHandle_t handle = nullptr;
  std::map<Key, cublasLtMatmulAlgo_t> algorithms;
  CublasLt() { check(library().create(&handle), "opening"); }
  ~CublasLt() { library().destroy(handle); }
};

Owned<cublasLtMatrixLayout_t> layout(int64_t rows, int64_t columns, int64_t stride) {
  cublasLtMatrixLayout_t made = nullptr;
  check(library().layout_create(&made, CUDA_R_16BF, uint64_t(rows), uint64_t(columns), stride), "a matrix layout");
  return {made, library().layout_destroy};
}

Owned<cublasLtMatmulDesc_t> product(const op::Linear& a) {
  cublasLtMatmulDesc_t made = nullptr;
  check(library().desc_create(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F), "a product");
  Owned<cublasLtMatmulDesc_t> desc(made, library().desc_destroy);
  const auto put = [&](cublasLtMatmulDescAttributes_t attribute, const auto& value) {
    check(library().desc_set(made, attribute, &value, sizeof value), "a product's attribute");
  };
  put(CUBLASLT_MATMUL_DESC_TRANSA, int32_t(CUBLAS_OP_T));
  put(CUBLASLT_MATMUL_DESC_TRANSB, int32_t(CUBLAS_OP_N));
  if (a.bias) {
    put(CUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(CUBLASLT_EPILOGUE_BIAS));
    put(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, int32_t(CUDA_R_16BF));
    put(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(a.bias.data));
  }
  return desc;
}

// No workspace and hence no split of K, whose parts would be summed in another order for every M.
cublasLtMatmulAlgo_t find_algorithm(CublasLt& lt, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t w,
                                    cublasLtMatrixLayout_t x, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                    const op::Linear& a) {
  cublasLtMatmulPreference_t made = nullptr;
  check(library().preference_create(&made), "a preference");
  const Owned<cublasLtMatmulPreference_t> preference(made, library().preference_destroy);
  const auto put = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    check(library().preference_set(made, attribute, &value, sizeof value), "a preference's attribute");
  };
  put(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t(0));
  put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(a.w.data));
  put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(a.x));
  put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment_of(a.residual ? a.residual : a.y));
  put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment_of(a.y));
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  check(library().heuristic(lt.handle, desc, w, x, c, d, made, 1, &best, &found), "choosing an algorithm");
  GLIMPSE_CHECK(found > 0, "cuBLASLt has no algorithm for M=%lld, N=%lld, K=%lld", (long long)a.x.shape[0],
                (long long)a.w.N, (long long)a.w.K);
  return best.algo;
}

bool reject(const op::Linear& a, const DeviceInfo&, Reason& reason) {
  if (kernels::linear_rejects(a, reason)) return true;
  if (a.bias && a.bias.dtype != DType::bf16) return reason.set("bias is %s; it takes bf16 only", name_of(a.bias.dtype));
  return *library().missing && reason.set("%s", library().missing);
}

void run(const op::Linear& a, Context& ctx) {
  const int64_t M = a.x.shape[0], N = a.w.N, K = a.w.K;
  if (!M || !N) return;
  CublasLt& lt = ctx.state<CublasLt>();
  // A single row may have any stride; a leading dimension must span it.
  const auto stride = [](const TensorView& t) { return std::max(t.stride[0], t.shape[1]); };
  const TensorView& c = a.residual ? a.residual : a.y;
  const auto desc = product(a);
  const auto w_layout = layout(K, N, stride(a.w.data)), x_layout = layout(K, M, stride(a.x)),
             c_layout = layout(N, M, stride(c)), d_layout = layout(N, M, stride(a.y));
  const CublasLt::Key key{M, N, K, stride(a.w.data), stride(a.x), stride(c), stride(a.y), alignment_of(a.w.data),
                          alignment_of(a.x), alignment_of(c), alignment_of(a.y), a.bias ? alignment_of(a.bias) : 0};
  auto at = lt.algorithms.find(key);
  if (at == lt.algorithms.end())
    at = lt.algorithms.emplace(key, find_algorithm(lt, desc.get(), w_layout.get(), x_layout.get(), c_layout.get(),
                                                   d_layout.get(), a)).first;
  const float alpha = 1, beta = a.residual ? 1 : 0;
  check(library().matmul(lt.handle, desc.get(), &alpha, a.w.data.data, w_layout.get(), a.x.data, x_layout.get(), &beta,
                         c.data, c_layout.get(), a.y.data, d_layout.get(), &at->second, nullptr, 0,
                         static_cast<cudaStream_t>(ctx.stream)),
        "the product");
}

GLIMPSE_VARIANT(op::Linear, .name = "cublaslt", .device = Device::cuda, .arch = {80, 0}, .priority = -10,
                .deterministic = false, .run = run, .reject = reject);

}  // namespace
}  // namespace glimpse
#endif
