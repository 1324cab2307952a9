// The arithmetic behind the stand-in for cuBLASLt: D = epilogue(alpha * op(A) * op(B) + beta * C + bias), computed on
// the host. Products and sums are exact to double and rounded once to D's type, which is at least as near to the truth
// as any order of float sums; no claim is made to have the bits of cuBLASLt.
#pragma once

#include <cublasLt.h>

#include <cstddef>
#include <vector>

namespace ptxvm {

struct Layout {
  cudaDataType type;
  cublasLtOrder_t order;
  uint64_t rows, cols;
  int64_t ld, batch_stride;
  int32_t batches, unused;

  // Elements from the first to one behind the last of a batch; 0 for an empty matrix.
  uint64_t span() const;
  uint64_t at(uint64_t row, uint64_t col) const;
};
static_assert(sizeof(Layout) <= sizeof(cublasLtMatrixLayoutOpaque_t));

struct Description {
  cublasComputeType_t compute;
  cudaDataType scale_type, bias_type;
  cublasOperation_t a, b;
  cublasLtPointerMode_t pointers;
  cublasLtEpilogue_t epilogue;
  uint32_t unsupported;  // an attribute was set that this stand-in does not model
  const void* bias;
  int64_t bias_stride;
};
static_assert(sizeof(Description) <= sizeof(cublasLtMatmulDescOpaque_t));

struct Product {
  Description description;
  Layout a, b, c, d;
  const void *A, *B, *C;
  void* D;
  const void *alpha, *beta;               // of device pointer mode
  float alpha_value = 0, beta_value = 0;  // of host pointer mode
};

bool known_type(cudaDataType type);
size_t type_bytes(cudaDataType type);
// CUBLAS_STATUS_SUCCESS, or why the stand-in cannot or must not compute it.
cublasStatus_t check(const Product& product);
// Copies the operands from the device, multiplies, and writes D back. False if a copy was refused.
bool multiply(const Product& product);

}  // namespace ptxvm
