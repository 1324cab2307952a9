// outside PLUGIN.so: forces the plugin's variant at one site and runs the op there and elsewhere.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "glimpse/core/run.h"
#include "glimpse/ops/swiglu.h"
#include "model/pipeline.h"

#if defined(AVFORMAT_AVFORMAT_H) || defined(AVCODEC_AVCODEC_H) || defined(AVUTIL_FRAME_H)
#error "an installed header includes FFmpeg's, which this project does not ask for"
#endif

int main(int argc, char** argv) {
  using namespace glimpse;
  if (argc != 2) return 2;
  try {
    load_plugin(argv[1]);
    float gate[4] = {-1, 0, 1, 2}, up[4] = {1, 2, 3, 4}, y[4];
    const op::Swiglu args{TensorView::dense(gate, DType::f32, {2, 2}), TensorView::dense(up, DType::f32, {2, 2}),
                          TensorView::dense(y, DType::f32, {2, 2})};
    Plan plan;
    plan.add("swiglu.text.mlp[3]=mine");
    Run run(cpu_backend(), plan);
    run(args, "text.mlp", 2);
    GLIMPSE_CHECK(!std::getenv("GLIMPSE_MINE_RAN"), "the plugin's variant ran where nobody asked for it");
    run(args, "text.mlp", 3);
    GLIMPSE_CHECK(std::getenv("GLIMPSE_MINE_RAN"), "the plugin's variant did not run where it was forced");
    for (int i = 0; i < 4; ++i) {
      const double want = gate[i] / (1 + std::exp(-double(gate[i]))) * up[i];
      GLIMPSE_CHECK(std::abs(y[i] - want) <= 1e-6, "y[%d] is %g, it should be %g", i, double(y[i]), want);
    }
    std::puts("the plugin's variant ran");
    try {
      Pipeline pipe("no such model");
      return 1;
    } catch (const Error& e) {
      GLIMPSE_CHECK(std::strstr(e.what(), "no such model"), "the pipeline says %s", e.what());
    }
    return 0;
  } catch (const Error& e) {
    std::fprintf(stderr, "outside: %s\n", e.what());
    return 1;
  }
}
