// Three projections into the workspace, then rope, which writes q, k and v where attention reads them.
#include <algorithm>

#include "parts.h"

namespace glimpse {
namespace {

using qkv_rope::Parts, qkv_rope::scratch_bytes;

size_t workspace(const op::QkvRope& a, Context& ctx) {
  const Parts p(a, nullptr);
  return scratch_bytes(a) + std::max({workspace_of(p.q, ctx, "q"), workspace_of(p.k, ctx, "k"),
                                      workspace_of(p.v, ctx, "v"), workspace_of(p.rope, ctx, "rope")});
}

void run(const op::QkvRope& a, Context& ctx) {
  if (!a.x.shape[0]) return;
  const Parts p(a, static_cast<char*>(ctx.workspace.take(scratch_bytes(a))));
  run_inner(p.q, ctx, "q");
  run_inner(p.k, ctx, "k");
  run_inner(p.v, ctx, "v");
  run_inner(p.rope, ctx, "rope");
}

GLIMPSE_VARIANT(op::QkvRope, .name = "split", .device = Device::any, .run = run, .workspace = workspace);

}  // namespace
}  // namespace glimpse
