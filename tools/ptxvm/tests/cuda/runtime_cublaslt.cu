// cublasLtMatmul, as a program that links cuBLASLt calls it: types, transposes, orders, epilogues, batches, graphs.
#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>

#include "runtime_test.h"

#define LT(call) REQUIRE((call) == CUBLAS_STATUS_SUCCESS)

template <class T>
struct Matrix {
  int rows, cols;
  cublasLtOrder_t order;
  std::vector<T> host;
  T* device = nullptr;
  cublasLtMatrixLayout_t layout = nullptr;

  Matrix(int r, int c, cublasLtOrder_t o, cudaDataType type, int seed) : rows(r), cols(c), order(o), host(r * c) {
    for (int i = 0; i < r * c; ++i) host[i] = T(static_cast<float>((i * 7 + seed) % 9 - 4));
    OK(cudaMalloc(&device, host.size() * sizeof(T)));
    OK(cudaMemcpy(device, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice));
    LT(cublasLtMatrixLayoutCreate(&layout, type, r, c, o == CUBLASLT_ORDER_COL ? r : c));
    LT(cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_ORDER, &o, sizeof o));
  }
  ~Matrix() {
    cudaFree(device);
    cublasLtMatrixLayoutDestroy(layout);
  }
  float at(int r, int c) const { return float(host[order == CUBLASLT_ORDER_COL ? c * rows + r : r * cols + c]); }
  void fetch() { OK(cudaMemcpy(host.data(), device, host.size() * sizeof(T), cudaMemcpyDeviceToHost)); }
};

template <class T>
static void product(cublasLtHandle_t handle, cudaDataType type, bool ta, bool tb, cublasLtOrder_t order,
                    cublasLtEpilogue_t epilogue, bool graph) {
  const int m = 5, n = 7, k = 16;
  Matrix<T> a(ta ? k : m, ta ? m : k, order, type, 1), b(tb ? n : k, tb ? k : n, order, type, 2);
  Matrix<T> c(m, n, order, type, 3), bias(m, 1, CUBLASLT_ORDER_COL, type, 4);
  Matrix<float> d(m, n, order, CUDA_R_32F, 5);
  cublasLtMatmulDesc_t desc;
  LT(cublasLtMatmulDescCreate(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  const cublasOperation_t oa = ta ? CUBLAS_OP_T : CUBLAS_OP_N, ob = tb ? CUBLAS_OP_T : CUBLAS_OP_N;
  const void* bias_pointer = bias.device;
  LT(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &oa, sizeof oa));
  LT(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, &ob, sizeof ob));
  LT(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue));
  LT(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias_pointer, sizeof bias_pointer));
  LT(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &type, sizeof type));
  cublasLtMatmulPreference_t preference;
  LT(cublasLtMatmulPreferenceCreate(&preference));
  cublasLtMatmulHeuristicResult_t result;
  int found = 0;
  LT(cublasLtMatmulAlgoGetHeuristic(handle, desc, a.layout, b.layout, c.layout, d.layout, preference, 1, &result,
                                    &found));
  REQUIRE(found == 1);
  const float alpha = 2, beta = 0.5f;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  if (graph) OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  LT(cublasLtMatmul(handle, desc, &alpha, a.device, a.layout, b.device, b.layout, &beta, c.device, c.layout, d.device,
                    d.layout, &result.algo, nullptr, 0, stream));
  if (graph) {
    cudaGraph_t made;
    cudaGraphExec_t exec;
    OK(cudaStreamEndCapture(stream, &made));
    OK(cudaGraphInstantiate(&exec, made, 0));
    OK(cudaGraphLaunch(exec, stream));
  }
  OK(cudaStreamSynchronize(stream));
  d.fetch();
  for (int row = 0; row < m; ++row)
    for (int col = 0; col < n; ++col) {
      double sum = 0;  // small whole numbers and halves: exact
      for (int i = 0; i < k; ++i) sum += (ta ? a.at(i, row) : a.at(row, i)) * (tb ? b.at(col, i) : b.at(i, col));
      sum = 2 * sum + 0.5 * c.at(row, col);
      if (epilogue & CUBLASLT_EPILOGUE_BIAS) sum += bias.at(row, 0);
      if (epilogue & CUBLASLT_EPILOGUE_RELU) sum = sum > 0 ? sum : 0;
      if (epilogue & CUBLASLT_EPILOGUE_GELU)
        sum = 0.5 * sum * (1 + std::tanh(0.7978845608028654 * (sum + 0.044715 * sum * sum * sum)));
      REQUIRE(d.at(row, col) == static_cast<float>(sum));
    }
  OK(cudaStreamDestroy(stream));
  LT(cublasLtMatmulDescDestroy(desc));
  LT(cublasLtMatmulPreferenceDestroy(preference));
}

int main() {
  cublasLtHandle_t handle;
  LT(cublasLtCreate(&handle));
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const auto order : {CUBLASLT_ORDER_COL, CUBLASLT_ORDER_ROW}) {
        product<float>(handle, CUDA_R_32F, ta, tb, order, CUBLASLT_EPILOGUE_DEFAULT, false);
        product<__half>(handle, CUDA_R_16F, ta, tb, order, CUBLASLT_EPILOGUE_RELU_BIAS, false);
        product<__nv_bfloat16>(handle, CUDA_R_16BF, ta, tb, order, CUBLASLT_EPILOGUE_GELU_BIAS, true);
      }
  LT(cublasLtDestroy(handle));
  std::puts("ok");
}
