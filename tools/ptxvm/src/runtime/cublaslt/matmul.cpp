#include "runtime/cublaslt/matmul.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ptxvm {
namespace {

float widen_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const float magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                          : exponent     ? std::ldexp(static_cast<float>(fraction + 1024), exponent - 25)
                                         : std::ldexp(static_cast<float>(fraction), -24);
  return bits >> 15 ? -magnitude : magnitude;
}

// To the nearest value with `digits` significant bits and smallest exponent `least`, ties to even.
double round_to(double value, int digits, int least) {
  if (value == 0 || !std::isfinite(value)) return value;
  int exponent;
  std::frexp(value, &exponent);
  const int unit = std::max(exponent - digits, least);
  return std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit);
}

uint16_t narrow_half(double value) {
  if (std::isnan(value)) return 0x7fff;
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(round_to(value, 11, -24));
  if (magnitude >= 65536) return sign | 0x7c00;
  if (magnitude < std::ldexp(1.0, -14)) return sign | static_cast<uint16_t>(std::ldexp(magnitude, 24));
  int exponent;
  const double fraction = std::frexp(magnitude, &exponent);
  return sign | static_cast<uint16_t>((exponent + 13) << 10 | (static_cast<int>(std::ldexp(fraction, 11)) - 1024));
}

uint16_t narrow_bf16(double value) {
  if (std::isnan(value)) return 0x7fff;
  const float rounded = static_cast<float>(round_to(value, 8, -133));
  uint32_t bits;
  std::memcpy(&bits, &rounded, sizeof bits);
  return static_cast<uint16_t>(bits >> 16);
}

double read(const std::byte* data, cudaDataType type, uint64_t index) {
  if (type == CUDA_R_32F) {
    float value;
    std::memcpy(&value, data + index * 4, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, data + index * 2, 2);
  if (type == CUDA_R_16F) return widen_half(bits);
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

void write(std::byte* data, cudaDataType type, uint64_t index, double value) {
  if (type == CUDA_R_32F) {
    const float narrow = static_cast<float>(value);
    std::memcpy(data + index * 4, &narrow, 4);
    return;
  }
  const uint16_t bits = type == CUDA_R_16F ? narrow_half(value) : narrow_bf16(value);
  std::memcpy(data + index * 2, &bits, 2);
}

// The per-thread stream: the legacy one may not be used while any other stream is captured.
bool copy_bytes(void* to, const void* from, size_t bytes) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cudaStreamPerThread) == cudaSuccess;
}

const std::byte* batch_start(const void* matrix, const Layout& layout, int batch) {
  return static_cast<const std::byte*>(matrix) +
         static_cast<int64_t>(batch) * layout.batch_stride * static_cast<int64_t>(type_bytes(layout.type));
}

bool fetch(std::vector<std::byte>* to, const void* matrix, const Layout& layout, int batch) {
  to->resize(layout.span() * type_bytes(layout.type));
  return to->empty() || copy_bytes(to->data(), batch_start(matrix, layout, batch), to->size());
}

// op(X) as rows of doubles.
std::vector<double> rows_of(const std::vector<std::byte>& data, const Layout& layout, bool transposed) {
  const uint64_t rows = transposed ? layout.cols : layout.rows, cols = transposed ? layout.rows : layout.cols;
  std::vector<double> dense(rows * cols);
  for (uint64_t r = 0; r < rows; ++r)
    for (uint64_t c = 0; c < cols; ++c)
      dense[r * cols + c] = read(data.data(), layout.type, transposed ? layout.at(c, r) : layout.at(r, c));
  return dense;
}

double activate(double x, unsigned epilogue) {
  if (epilogue & CUBLASLT_EPILOGUE_RELU) return x > 0 ? x : 0;
  if (!(epilogue & CUBLASLT_EPILOGUE_GELU)) return x;
  const double inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);  // the tanh form, as cuBLASLt's manual says
  return 0.5 * x * (1 + std::tanh(inner));
}

struct Scales {
  double alpha, beta;
};

bool multiply_batch(const Product& p, int batch, const Scales& scales) {
  const auto& t = p.description;
  std::vector<std::byte> a, b, c, d, bias;
  if (!fetch(&a, p.A, p.a, batch) || !fetch(&b, p.B, p.b, batch) || !fetch(&d, p.D, p.d, batch)) return false;
  if (scales.beta != 0 && !fetch(&c, p.C, p.c, batch)) return false;
  if (t.epilogue & CUBLASLT_EPILOGUE_BIAS) {
    const size_t size = type_bytes(t.bias_type);
    bias.resize(p.d.rows * size);
    const auto* from = static_cast<const std::byte*>(t.bias) + batch * t.bias_stride * static_cast<int64_t>(size);
    if (!copy_bytes(bias.data(), from, bias.size())) return false;
  }
  const auto left = rows_of(a, p.a, t.a != CUBLAS_OP_N);
  const auto right = rows_of(b, p.b, t.b == CUBLAS_OP_N);  // columns of op(B), each contiguous
  const uint64_t k = t.a == CUBLAS_OP_N ? p.a.cols : p.a.rows;
  for (uint64_t row = 0; row < p.d.rows; ++row)
    for (uint64_t col = 0; col < p.d.cols; ++col) {
      double sum = 0;
      for (uint64_t i = 0; i < k; ++i) sum += left[row * k + i] * right[col * k + i];
      sum *= scales.alpha;
      if (scales.beta != 0) sum += scales.beta * read(c.data(), p.c.type, p.c.at(row, col));
      if (!bias.empty()) sum += read(bias.data(), t.bias_type, row);
      write(d.data(), p.d.type, p.d.at(row, col), activate(sum, t.epilogue));
    }
  return d.empty() || copy_bytes(const_cast<std::byte*>(batch_start(p.D, p.d, batch)), d.data(), d.size());
}

}  // namespace

uint64_t Layout::span() const {
  if (!rows || !cols) return 0;
  return at(rows - 1, cols - 1) + 1;
}

uint64_t Layout::at(uint64_t row, uint64_t col) const {
  return order == CUBLASLT_ORDER_COL ? col * static_cast<uint64_t>(ld) + row : row * static_cast<uint64_t>(ld) + col;
}

bool known_type(cudaDataType type) { return type == CUDA_R_32F || type == CUDA_R_16F || type == CUDA_R_16BF; }
size_t type_bytes(cudaDataType type) { return type == CUDA_R_32F ? 4 : 2; }

cublasStatus_t check(const Product& p) {
  const auto& t = p.description;
  const unsigned modelled =
      CUBLASLT_EPILOGUE_DEFAULT | CUBLASLT_EPILOGUE_RELU | CUBLASLT_EPILOGUE_BIAS | CUBLASLT_EPILOGUE_GELU;
  if (t.unsupported || (t.epilogue & ~modelled) || t.scale_type != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (t.pointers != CUBLASLT_POINTER_MODE_HOST && t.pointers != CUBLASLT_POINTER_MODE_DEVICE)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  if ((t.epilogue & CUBLASLT_EPILOGUE_BIAS) && !known_type(t.bias_type)) return CUBLAS_STATUS_NOT_SUPPORTED;
  for (const auto* layout : {&p.a, &p.b, &p.c, &p.d}) {
    if (!known_type(layout->type) || layout->order > CUBLASLT_ORDER_ROW) return CUBLAS_STATUS_NOT_SUPPORTED;
    const auto least = layout->order == CUBLASLT_ORDER_COL ? layout->rows : layout->cols;
    if (layout->ld < 0 || static_cast<uint64_t>(layout->ld) < least) return CUBLAS_STATUS_INVALID_VALUE;
    if (layout->batches != p.d.batches) return CUBLAS_STATUS_INVALID_VALUE;
  }
  const bool na = t.a == CUBLAS_OP_N, nb = t.b == CUBLAS_OP_N;
  const auto m = na ? p.a.rows : p.a.cols, k = na ? p.a.cols : p.a.rows;
  const auto k_of_b = nb ? p.b.rows : p.b.cols, n = nb ? p.b.cols : p.b.rows;
  const bool fits = k == k_of_b && m == p.d.rows && n == p.d.cols && p.c.rows == m && p.c.cols == n;
  return fits ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

bool multiply(const Product& p) {
  float alpha = p.alpha_value, beta = p.beta_value;
  if (p.description.pointers == CUBLASLT_POINTER_MODE_DEVICE)
    if (!copy_bytes(&alpha, p.alpha, sizeof alpha) || !copy_bytes(&beta, p.beta, sizeof beta)) return false;
  for (int batch = 0; batch < p.d.batches; ++batch)
    if (!multiply_batch(p, batch, {alpha, beta})) return false;
  return true;
}

}  // namespace ptxvm
