#include "support/budget.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace glimpse::test {

double ulp(DType dtype, double x) {
  if (!std::isfinite(x)) return 0;
  const int digits = dtype == DType::bf16 ? 8 : dtype == DType::f32 ? 24 : dtype == DType::f64 ? 53 : 0;
  if (digits == 0) return 0;
  const int lowest = dtype == DType::f64 ? -1022 : -126;  // exponent of the smallest normal number
  const int exponent = x == 0 ? lowest : std::max(std::ilogb(x), lowest);
  return std::ldexp(1.0, exponent - digits + 1);
}

namespace {

struct Norms {
  double error = 0, exact = 0, peak = 0;  // sums of squares; largest |exact|
};

Norms norms(const Expected& e, const std::vector<double>& got) {
  Norms n;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(e.exact[i])) continue;
    n.error += (got[i] - e.exact[i]) * (got[i] - e.exact[i]);
    n.exact += e.exact[i] * e.exact[i];
    n.peak = std::max(n.peak, std::abs(e.exact[i]));
  }
  return n;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string sentence(const Expected& e, const char* format, size_t i, double got, double want, double limit) {
  char text[256];
  std::snprintf(text, sizeof text, format, (long long)i / (e.row ? e.row : 1), (long long)i % (e.row ? e.row : 1), got,
                want, limit);
  return e.name + text;
}

double budget_of_row(const Expected& e, size_t first, double relative) {
  double peak = 0, error = 0;
  for (size_t i = first; i < std::min(first + rows_together(e), e.exact.size()); ++i) {
    if (!std::isfinite(e.exact[i])) continue;
    peak = std::max(peak, std::abs(e.exact[i]));
    error = std::max(error, std::abs(e.rounded[i] - e.exact[i]));
  }
  return 2 * std::max(error, relative * peak) + ulp(e.dtype, peak);
}

double relative_error(const Expected& e) {
  const Norms n = norms(e, e.rounded);
  return n.exact > 0 ? std::sqrt(n.error / n.exact) : 0;
}

}  // namespace

size_t rows_together(const Expected& e) { return size_t((kRowValues + e.row - 1) / e.row * e.row); }

double row_budget(const Expected& e, size_t i) {
  return budget_of_row(e, i - i % rows_together(e), relative_error(e));
}

std::string compare(const Expected& e, const std::vector<double>& got, bool equal) {
  if (got.size() != e.exact.size()) return e.name + " has another number of elements";
  const bool integer = ulp(e.dtype, 1) == 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (equal || integer) {
      if (!same(got[i], e.rounded[i]))
        return sentence(e, "[%lld, %lld] is %.9g, the reference gives %.9g", i, got[i], e.rounded[i], 0);
    } else if (!std::isfinite(e.exact[i]) ? !same(got[i], e.exact[i]) : !std::isfinite(got[i])) {
      return sentence(e, "[%lld, %lld] is %.9g, exact is %.9g", i, got[i], e.exact[i], 0);
    }
  }
  if (equal || integer || e.row == 0) return "";
  const double relative = relative_error(e);
  const size_t group = rows_together(e);
  for (size_t first = 0; first < got.size(); first += group) {
    const double budget = budget_of_row(e, first, relative);
    for (size_t i = first; i < std::min(first + group, got.size()); ++i)
      if (std::isfinite(e.exact[i]) && std::abs(got[i] - e.exact[i]) > budget)
        return sentence(e, "[%lld, %lld] is %.9g, exact is %.9g: more than %.3g off", i, got[i], e.exact[i], budget);
  }
  const Norms variant = norms(e, got), rounded = norms(e, e.rounded);
  const double error = std::sqrt(variant.error);
  const double budget = 2 * std::sqrt(rounded.error) + ulp(e.dtype, rounded.peak);
  if (error <= budget) return "";
  char text[128];
  std::snprintf(text, sizeof text, " is off by %.4g in the Frobenius norm, %.4g is allowed", error, budget);
  return e.name + text;
}

}  // namespace glimpse::test
