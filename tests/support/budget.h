// The tolerance of every floating-point comparison: twice what the model's own rounding costs, plus one ulp.
#pragma once
#include <string>
#include <vector>

#include "glimpse/core/dtype.h"

namespace glimpse::test {

// One output of a case, elements in row-major order.
struct Expected {
  std::string name;
  DType dtype;
  int64_t row = 1;              // elements of the last dimension
  std::vector<double> exact;    // in double, rounded nowhere
  std::vector<double> rounded;  // rounded where the model rounds, at its worst over the orders of summation
};

// Distance of two neighbouring values of the dtype at |x|; 0 for integers.
double ulp(DType dtype, double x);

// Rows narrower than this are judged together with their neighbours, so many at a time. The peak of a few values says
// nothing about the size of the sums behind them: a row of one value that cancelled to almost 0 would be granted an ulp
// of almost 0, which no order of summation keeps, the model's own least of all.
constexpr int64_t kRowValues = 32;

// What is wrong with `got`, as a sentence; empty: nothing. Where the exact value is not finite, equality is asked for.
//   per row   max |got - exact| <= 2 max(max |rounded - exact|, r peak) + ulp(peak), peak = max |exact| of the row, r =
//             relative Frobenius error of `rounded`: a short row of `rounded` may be right by luck, the tensor is not
//   tensor    |got - exact| <= 2 |rounded - exact| + ulp(peak of the tensor), Frobenius norms
// `equal` asks for equality with `rounded` instead; integers are always compared so.
std::string compare(const Expected& expected, const std::vector<double>& got, bool equal);

// Elements judged together: those of one row, or of so many narrow ones.
size_t rows_together(const Expected& expected);

// The largest error that compare() lets element `i`'s row have.
double row_budget(const Expected& expected, size_t i);

}  // namespace glimpse::test
