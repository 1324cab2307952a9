// The part of cuBLASLt's interface that a plain matrix product needs. Descriptors live in the opaque structures of the
// header, so those made by ...Init and by ...Create are the same.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/cublaslt/matmul.h"

using namespace ptxvm;

namespace {

struct Preference {
  uint64_t values[8];
};

Layout* layout_of(cublasLtMatrixLayout_t handle) { return reinterpret_cast<Layout*>(handle); }
Description* description_of(cublasLtMatmulDesc_t handle) { return reinterpret_cast<Description*>(handle); }

cublasStatus_t put(void* field, size_t size, const void* from, size_t given) {
  if (!from || given != size) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(field, from, size);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t take(const void* field, size_t size, void* to, size_t room, size_t* written) {
  if (written) *written = size;
  if (!room) return written ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
  if (!to || room < size) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(to, field, size);
  return CUBLAS_STATUS_SUCCESS;
}

struct Field {
  void* data = nullptr;
  size_t size = 0;
};
template <class T>
Field field(T& value) {
  return {&value, sizeof value};
}

Field layout_field(Layout& l, cublasLtMatrixLayoutAttribute_t attribute) {
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_TYPE: return field(l.type);
    case CUBLASLT_MATRIX_LAYOUT_ORDER: return field(l.order);
    case CUBLASLT_MATRIX_LAYOUT_ROWS: return field(l.rows);
    case CUBLASLT_MATRIX_LAYOUT_COLS: return field(l.cols);
    case CUBLASLT_MATRIX_LAYOUT_LD: return field(l.ld);
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: return field(l.batches);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: return field(l.batch_stride);
    default: return {};
  }
}

Field description_field(Description& d, cublasLtMatmulDescAttributes_t attribute) {
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE: return field(d.compute);
    case CUBLASLT_MATMUL_DESC_SCALE_TYPE: return field(d.scale_type);
    case CUBLASLT_MATMUL_DESC_POINTER_MODE: return field(d.pointers);
    case CUBLASLT_MATMUL_DESC_TRANSA: return field(d.a);
    case CUBLASLT_MATMUL_DESC_TRANSB: return field(d.b);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return field(d.epilogue);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return field(d.bias);
    case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE: return field(d.bias_stride);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE: return field(d.bias_type);
    default: return {};
  }
}

Product product_of(cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                   cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
  Product p = {};
  p.description = *description_of(desc);
  p.a = *layout_of(a);
  p.b = *layout_of(b);
  p.c = *layout_of(c);
  p.d = *layout_of(d);
  if (p.description.bias_type == static_cast<cudaDataType>(-1)) p.description.bias_type = p.d.type;
  return p;
}

void refuse(cublasStatus_t status) {
  static bool said = false;
  if (status == CUBLAS_STATUS_NOT_SUPPORTED && !said)
    std::fprintf(stderr, "ptxvm: this cublasLtMatmul (type, order, epilogue or attribute) is not supported\n");
  said = said || status == CUBLAS_STATUS_NOT_SUPPORTED;
}

// Runs as a host function of the stream, so that it is captured into graphs like the real one's kernels. A graph may
// run it at any later time, so the plan is never freed.
void run(void* data) {
  if (multiply(*static_cast<const Product*>(data))) return;
  std::fprintf(stderr, "ptxvm: cublasLtMatmul was given memory that the device does not have\n");
  std::exit(1);
}

}  // namespace

extern "C" {
cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(std::malloc(1));
  return *handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  std::free(handle);
  return CUBLAS_STATUS_SUCCESS;
}
size_t cublasLtGetVersion() { return CUBLAS_VERSION; }
size_t cublasLtGetCudartVersion() { return CUDART_VERSION; }
const char* cublasLtGetStatusName(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "CUBLAS_STATUS_ERROR";
}
const char* cublasLtGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS         ? "success"
         : status == CUBLAS_STATUS_NOT_SUPPORTED ? "not supported"
         : status == CUBLAS_STATUS_INVALID_VALUE ? "invalid value"
                                                 : "failure";
}
cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t desc, size_t size, cublasComputeType_t compute,
                                               cudaDataType_t scale) {
  if (!desc || size < sizeof(Description)) return CUBLAS_STATUS_INVALID_VALUE;
  auto& d = *new (desc) Description{};
  d.compute = compute;
  d.scale_type = scale;
  d.bias_type = static_cast<cudaDataType>(-1);  // D's, until set
  d.epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, cublasComputeType_t compute, cudaDataType_t scale) {
  *desc = static_cast<cublasLtMatmulDesc_t>(std::malloc(sizeof(cublasLtMatmulDescOpaque_t)));
  return cublasLtMatmulDescInit_internal(*desc, sizeof(cublasLtMatmulDescOpaque_t), compute, scale);
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
  std::free(desc);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void* from, size_t size) {
  const auto where = description_field(*description_of(desc), attribute);
  if (where.data) return put(where.data, where.size, from, size);
  // Accuracy and scheduling hints change nothing here; anything else would change the result.
  if (attribute == CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET || attribute == CUBLASLT_MATMUL_DESC_FAST_ACCUM)
    return CUBLAS_STATUS_SUCCESS;
  description_of(desc)->unsupported = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescGetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              void* to, size_t size, size_t* written) {
  const auto where = description_field(*description_of(desc), attribute);
  return where.data ? take(where.data, where.size, to, size, written) : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, size_t size, cudaDataType type,
                                                 uint64_t rows, uint64_t cols, int64_t ld) {
  if (!layout || size < sizeof(Layout)) return CUBLAS_STATUS_INVALID_VALUE;
  new (layout) Layout{type, CUBLASLT_ORDER_COL, rows, cols, ld, 0, 1, 0};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, uint64_t rows,
                                          uint64_t cols, int64_t ld) {
  *layout = static_cast<cublasLtMatrixLayout_t>(std::malloc(sizeof(cublasLtMatrixLayoutOpaque_t)));
  return cublasLtMatrixLayoutInit_internal(*layout, sizeof(cublasLtMatrixLayoutOpaque_t), type, rows, cols, ld);
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  std::free(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void* from,
                                                size_t size) {
  const auto where = layout_field(*layout_of(layout), attribute);
  return where.data ? put(where.data, where.size, from, size) : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, void* to, size_t size,
                                                size_t* written) {
  const auto where = layout_field(*layout_of(layout), attribute);
  return where.data ? take(where.data, where.size, to, size, written) : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t preference, size_t size) {
  if (!preference || size < sizeof(Preference)) return CUBLAS_STATUS_INVALID_VALUE;
  new (preference) Preference{};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = static_cast<cublasLtMatmulPreference_t>(std::malloc(sizeof(cublasLtMatmulPreferenceOpaque_t)));
  return cublasLtMatmulPreferenceInit_internal(*preference, sizeof(cublasLtMatmulPreferenceOpaque_t));
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  std::free(preference);
  return CUBLAS_STATUS_SUCCESS;
}
// One algorithm without workspace serves every preference.
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                                                    const void* from, size_t) {
  return from ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[], int* found) {
  if (!results || !found || wanted < 1) return CUBLAS_STATUS_INVALID_VALUE;
  *found = 0;
  const auto status = check(product_of(desc, a, b, c, d));
  refuse(status);
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  results[0] = {};
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = 1;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* A,
                              cublasLtMatrixLayout_t a, const void* B, cublasLtMatrixLayout_t b, const void* beta,
                              const void* C, cublasLtMatrixLayout_t c, void* D, cublasLtMatrixLayout_t d,
                              const cublasLtMatmulAlgo_t*, void*, size_t, cudaStream_t stream) {
  if (!handle || !alpha || !A || !B || !D) return CUBLAS_STATUS_INVALID_VALUE;
  auto p = product_of(desc, a, b, c, d);
  if (const auto status = check(p); status != CUBLAS_STATUS_SUCCESS) return refuse(status), status;
  p.A = A;
  p.B = B;
  p.C = C;
  p.D = D;
  p.alpha = alpha;
  p.beta = beta;
  if (p.description.pointers == CUBLASLT_POINTER_MODE_HOST) {
    std::memcpy(&p.alpha_value, alpha, sizeof(float));
    if (beta) std::memcpy(&p.beta_value, beta, sizeof(float));
  }
  if (p.beta_value != 0 && !C) return CUBLAS_STATUS_INVALID_VALUE;
  const auto error = cudaLaunchHostFunc(stream, run, new Product(p));
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
}
