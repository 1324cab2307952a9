// The library's bf16 product, for comparison with tiles_avx512bf16: oneDNN's matmul on x and the weights as they lie,
// f32 sums, then the same rounding steps as everywhere. Only where the bf16 dot product is: elsewhere the library
// emulates it, hundreds of times slower than its f32 product. Its blocking depends on M and on the threads, so it does
// not promise equal bits and auto never picks it.
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/linear/finish.h"

namespace glimpse {
namespace {

struct Library {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

// The library runs on as many threads as the runtime says; the caller's number comes back afterwards.
struct Threads {
  const int before = omp_get_max_threads();
  explicit Threads(int now) { omp_set_num_threads(now); }
  ~Threads() { omp_set_num_threads(before); }
};

bool rejects(const op::Linear& a, const DeviceInfo&, Reason& reason) {
  if (a.x.dtype != DType::bf16 || a.w.data.dtype != DType::bf16)
    return reason.set("x is %s and the weight is %s; both must be bf16", name_of(a.x.dtype), name_of(a.w.data.dtype));
  return a.x.shape[0] * a.w.N * a.w.K == 0 && reason.set("the library takes no empty product");
}

size_t workspace(const op::Linear& a, Context&) {
  return Workspace::rounded(size_t(a.x.shape[0] * a.w.N) * sizeof(float));
}

void run(const op::Linear& a, Context& ctx) {
  using dnnl::memory;
  const int64_t M = a.x.shape[0], N = a.w.N, K = a.w.K;
  float* sums = static_cast<float*>(ctx.workspace.take(workspace(a, ctx)));
  const memory::desc x({M, K}, memory::data_type::bf16, memory::dims{a.x.stride[0], 1});
  const memory::desc w({K, N}, memory::data_type::bf16, memory::dims{1, a.w.data.stride[0]});
  const memory::desc y({M, N}, memory::data_type::f32, memory::dims{N, 1});
  try {
    auto& [engine, stream] = ctx.state<Library>();
    const Threads threads(ctx.threads);
    dnnl::matmul({{x, w, y}, engine}).execute(stream, {{DNNL_ARG_SRC, memory(x, engine, a.x.data)},
                                                       {DNNL_ARG_WEIGHTS, memory(w, engine, a.w.data.data)},
                                                       {DNNL_ARG_DST, memory(y, engine, sums)}});
    stream.wait();
  } catch (const dnnl::error& e) {
    GLIMPSE_CHECK(false, "oneDNN refused a bf16 product [%lld, %lld, %lld]: %s", (long long)M, (long long)N,
                  (long long)K, e.what());
  }
#pragma omp parallel for num_threads(ctx.threads)
  for (int64_t m = 0; m < M; ++m) linear::finish(a, m, 0, N, sums + m * N);
}

GLIMPSE_VARIANT(op::Linear, .name = "onednn_bf16", .isa = kIsaAvx512Bf16, .priority = -1, .deterministic = false,
                .run = run, .reject = rejects, .workspace = workspace);

}  // namespace
}  // namespace glimpse
