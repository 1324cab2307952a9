// Two projections and an activation: what the fused variants are compared with. The gate lies in y meanwhile.
#include <algorithm>

#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "glimpse/ops/swiglu.h"

namespace glimpse {
namespace {

struct Parts {
  op::Linear gate, up;
  op::Swiglu act;
  Parts(const op::LinearSwiglu& a, void* scratch) {
    gate.x = up.x = a.x, gate.w = a.gate, up.w = a.up;
    gate.y = a.y, up.y = TensorView::dense(scratch, a.y.dtype, {a.y.shape[0], a.y.shape[1]});
    act.gate = act.y = a.y, act.up = up.y;
  }
};

size_t workspace(const op::LinearSwiglu& a, Context& ctx) {
  const Parts p(a, nullptr);
  const size_t inner = std::max({workspace_of(p.gate, ctx, "gate"), workspace_of(p.up, ctx, "up"),
                                 workspace_of(p.act, ctx, "swiglu")});
  return Workspace::rounded(size_t(a.y.bytes())) + inner;
}

void run(const op::LinearSwiglu& a, Context& ctx) {
  if (!a.x.shape[0]) return;
  const Parts p(a, ctx.workspace.take(size_t(a.y.bytes())));
  run_inner(p.gate, ctx, "gate");
  run_inner(p.up, ctx, "up");
  run_inner(p.act, ctx, "swiglu");
}

GLIMPSE_VARIANT(op::LinearSwiglu, .name = "split", .device = Device::any, .run = run, .workspace = workspace);

}  // namespace
}  // namespace glimpse
