// The mathematical functions of device code against the host's, within the errors that the CUDA programming guide
// documents for them (in ulp), plus one for the host's own.
#include <cmath>
#include <cuda/atomic>
#include <cuda/std/atomic>

#include "runtime_test.h"

#define FLOATS(X)                                                                                                 \
  X(sinf, sin, 2)                                                                                                 \
  X(cosf, cos, 2) X(tanf, tan, 4) X(expf, exp, 2) X(exp2f, exp2, 2) X(logf, log, 1) X(log2f, log2, 1)             \
      X(cbrtf, cbrt, 1) X(erff, erf, 2) X(tanhf, tanh, 2) X(atanf, atan, 2) X(sqrtf, sqrt, 0) X(log1pf, log1p, 1) \
          X(expm1f, expm1, 1) X(asinhf, asinh, 3) X(rintf, rint, 0) X(floorf, floor, 0)
#define DOUBLES(X)                                                                                                \
  X(sin, sinl, 2)                                                                                                 \
  X(cos, cosl, 2) X(tan, tanl, 2) X(exp, expl, 1) X(exp2, exp2l, 1) X(log, logl, 1) X(log2, log2l, 1)             \
      X(cbrt, cbrtl, 1) X(erf, erfl, 2) X(tanh, tanhl, 2) X(atan, atanl, 2) X(sqrt, sqrtl, 0) X(log1p, log1pl, 1) \
          X(expm1, expm1l, 1) X(asinh, asinhl, 3)

__global__ void floats(const float* in, float* out, int n) {
  const int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  int k = 0;
#define X(f, g, ulp) out[n * k++ + i] = f(in[i]);
  FLOATS(X)
#undef X
  out[n * k + i] = powf(in[i], 1.75f);
}
__global__ void doubles(const double* in, double* out, int n) {
  const int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  int k = 0;
#define X(f, g, ulp) out[n * k++ + i] = f(in[i]);
  DOUBLES(X)
#undef X
}
// Fast intrinsics: bounds of the guide for arguments in their usual range.
__global__ void fast(const float* in, float* out, int n) {
  const int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  out[i] = __expf(in[i]), out[n + i] = __logf(in[i]), out[2 * n + i] = __fdividef(in[i], 3.0f),
  out[3 * n + i] = rsqrtf(in[i]);
}
__global__ void counters(cuda::atomic<int, cuda::thread_scope_device>* a, int* order) {
  const int ticket = a->fetch_add(1, cuda::memory_order_relaxed);
  order[ticket] = 1;
  cuda::atomic_ref<int, cuda::thread_scope_device> last(order[1000]);
  last.fetch_max(ticket);
}

template <class T, class W>
void check(const char* name, T got, W exact, double ulp) {
  const double spacing = double(std::nextafter(std::fabs(T(exact)), T(INFINITY)) - std::fabs(T(exact)));
  if (std::fabs(double(W(got) - exact)) > (ulp + 1) * spacing) {
    std::fprintf(stderr, "%s is not true: %.17g instead of %.17g\n", name, double(got), double(exact));
    std::exit(1);
  }
}

int main() {
  const int n = 500;
  std::vector<float> x(n), y(n * 20);
  std::vector<double> dx(n), dy(n * 20);
  for (int i = 0; i < n; ++i) dx[i] = x[i] = 0.01f + i * i * 0.00013f;
  float *in, *out;
  double *din, *dout;
  OK(cudaMalloc(&in, n * 4));
  OK(cudaMalloc(&out, n * 80));
  OK(cudaMalloc(&din, n * 8));
  OK(cudaMalloc(&dout, n * 160));
  OK(cudaMemcpy(in, x.data(), n * 4, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(din, dx.data(), n * 8, cudaMemcpyHostToDevice));
  floats<<<4, 128>>>(in, out, n);
  OK(cudaMemcpy(y.data(), out, n * 72, cudaMemcpyDeviceToHost));
  doubles<<<4, 128>>>(din, dout, n);
  OK(cudaMemcpy(dy.data(), dout, n * 120, cudaMemcpyDeviceToHost));
  for (int i = 0; i < n; ++i) {
    int k = 0;
#define X(f, g, ulp) check(#f, y[n * k++ + i], g(double(x[i])), ulp);
    FLOATS(X)
#undef X
    check("powf", y[n * k + i], std::pow(double(x[i]), 1.75), 4);
    k = 0;
#define X(f, g, ulp) check(#f, dy[n * k++ + i], g(static_cast<long double>(dx[i])), ulp);
    DOUBLES(X)
#undef X
  }
  fast<<<4, 128>>>(in, out, n);
  OK(cudaMemcpy(y.data(), out, n * 16, cudaMemcpyDeviceToHost));
  for (int i = 0; i < n; ++i) {
    check("__expf", y[i], std::exp(double(x[i])), 2 + std::floor(std::fabs(1.173 * x[i])));
    const double log = std::log(double(x[i]));
    if (x[i] >= 0.5 && x[i] <= 2) REQUIRE(std::fabs(y[n + i] - log) <= 0x1p-21);
    else check("__logf", y[n + i], log, 3);
    check("__fdividef", y[2 * n + i], double(x[i]) / 3, 2);
    check("rsqrtf", y[3 * n + i], 1 / std::sqrt(double(x[i])), 2);
  }
  OK(cudaMemset(out, 0, n * 80));
  auto* order = reinterpret_cast<int*>(out);
  counters<<<5, 100>>>(reinterpret_cast<cuda::atomic<int, cuda::thread_scope_device>*>(order + 2000), order);
  const auto r = host_copy(order, 2001);
  for (int i = 0; i < 500; ++i) REQUIRE(r[i] == 1);
  REQUIRE(r[1000] == 499 && r[2000] == 500);
  std::puts("ok");
}
