#include "approx.h"

#include <cmath>

#include "bits.h"
#include "cpu.h"
#include "simd/simd.h"

namespace ptxvm {

ApproxFn find_approx(Approx op, bool ftz, Model model) {
  return has_avx512() ? avx512::approx(op, ftz, model) : avx2::approx(op, ftz, model);
}
ApproxDivFn find_approx_div(bool full, bool ftz, Model model) {
  return has_avx512() ? avx512::approx_div(full, ftz, model) : avx2::approx_div(full, ftz, model);
}

namespace {
constexpr uint64_t kUpper = 0xffffffff00000000ull;

/// The argument the hardware sees: its upper word, subnormal numbers as zero.
double upper_argument(double a) {
  const uint64_t bits = bits_of(a) & kUpper;
  return double_of((bits & 0x7ff0000000000000ull) == 0 ? bits & kSignF64 : bits);
}
/// Rounded (or, in the other model, truncated) to the upper word; a subnormal result is flushed.
double upper_result(double r, Model model) {
  if (std::isnan(r)) return double_of(0x7fffffff00000000ull);
  const uint64_t bits = (bits_of(r) + (model == Model::kNearest && std::isfinite(r) ? 0x80000000ull : 0)) & kUpper;
  return double_of((bits & 0x7ff0000000000000ull) == 0 ? bits & kSignF64 : bits);
}
}  // namespace

double rcp_approx_f64(double a, Model model) { return upper_result(1.0 / upper_argument(a), model); }
double rsqrt_approx_f64(double a, Model model) { return upper_result(1.0 / std::sqrt(upper_argument(a)), model); }

}  // namespace ptxvm
