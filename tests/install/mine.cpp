// swiglu / mine: what a researcher writes. Doubles inside, dense rows; it leaves a mark that it ran.
#include <cmath>
#include <cstdlib>

#include "glimpse/ops/swiglu.h"

namespace {

using namespace glimpse;

bool reject(const op::Swiglu& a, const DeviceInfo&, Reason& reason) {
  if (a.y.dtype != DType::f32) return reason.set("y is %s; this variant knows f32 only", name_of(a.y.dtype));
  return false;
}

void run(const op::Swiglu& a, Context&) {
  const auto gate = view<float, 2>(a.gate), up = view<float, 2>(a.up), y = view<float, 2>(a.y);
  for (int64_t m = 0; m < y.shape[0]; ++m)
    for (int64_t n = 0; n < y.shape[1]; ++n)
      y(m, n) = float(gate(m, n) / (1 + std::exp(-double(gate(m, n)))) * up(m, n));
  setenv("GLIMPSE_MINE_RAN", "1", 1);
}

GLIMPSE_VARIANT(op::Swiglu, .name = "mine", .priority = -1, .run = run, .reject = reject);

}  // namespace
