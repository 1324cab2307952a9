// Which CUDA variant auto takes for the model's own shapes, on every architecture.
#include <gtest/gtest.h>

#include <string>

#include "glimpse/core/op.h"
#include "glimpse/ops/attention.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "glimpse/ops/qkv_rope.h"
#include "support/devices.h"
#include "support/register_ops.h"

namespace glimpse::test {
namespace {

// Of views that only shapes and alignment are looked at.
alignas(16) char memory[16];
TensorView bf16_view(std::initializer_list<int64_t> shape) { return TensorView::dense(memory, DType::bf16, shape); }
TensorView i32_view(std::initializer_list<int64_t> shape) { return TensorView::dense(memory, DType::i32, shape); }

template <class Args> void expect_choice(const Args& args, const std::string& variant, const std::string& what) {
  const OpBase& op = find_op(Args::kName);
  for (const DeviceInfo& d : kGpus) {
    Reason reason;
    const int v = op.choose(&args, d, reason);
    ASSERT_GE(v, 0) << what << " on sm_" << d.sm << ": " << reason.text;
    EXPECT_EQ(op.variants()[size_t(v)].name, variant) << Args::kName << ", " << what << ", on sm_" << d.sm;
  }
}

void linear(int64_t M, int64_t N, int64_t K, const char* variant) {
  op::Linear a;
  a.x = bf16_view({M, K}), a.w = Weight::dense(bf16_view({N, K})), a.y = bf16_view({M, N});
  expect_choice(a, variant, std::to_string(M) + " rows of " + std::to_string(K));
}

void linear_swiglu(int64_t M, int64_t N, int64_t K, const char* variant) {
  op::LinearSwiglu a;
  a.x = bf16_view({M, K}), a.gate = a.up = Weight::dense(bf16_view({N, K})), a.y = bf16_view({M, N});
  expect_choice(a, variant, std::to_string(M) + " rows");
}

void qkv_rope(int64_t M, const char* variant) {
  op::QkvRope a;
  a.x = bf16_view({M, 4096}), a.wq = Weight::dense(bf16_view({4096, 4096}));
  a.wk = a.wv = Weight::dense(bf16_view({256, 4096}));
  a.q = bf16_view({M, 32, 128}), a.k = a.v = bf16_view({1, 2, 8192, 128});
  expect_choice(a, variant, std::to_string(M) + " rows");
}

void attention(int queries, int keys, int64_t heads, int64_t kv_heads, bool causal, const char* variant) {
  op::Attention a;
  a.q = a.o = bf16_view({queries, heads, 128}), a.k = a.v = bf16_view({1, kv_heads, keys, 128});
  a.q_offsets = i32_view({2}), a.kv_len = i32_view({1});
  a.max_q = queries, a.max_kv = keys, a.causal = causal, a.scale = 0.088f;
  expect_choice(a, variant, std::to_string(queries) + " queries");
}

// Rows that do not begin at 16-byte boundaries are for the kernels that read single elements.
void unaligned(const char* naive) {
  const auto apart = [](TensorView t, int64_t stride) { return t.stride[0] = stride, t; };
  op::Linear l;
  l.x = apart(bf16_view({9, 4096}), 4100), l.w = Weight::dense(bf16_view({4096, 4096})), l.y = bf16_view({9, 4096});
  expect_choice(l, naive, "rows of x 4100 apart");
  op::Attention a;
  a.q = apart(bf16_view({9, 32, 128}), 4100), a.o = bf16_view({9, 32, 128}), a.k = a.v = bf16_view({1, 2, 64, 128});
  a.q_offsets = i32_view({2}), a.kv_len = i32_view({1}), a.max_q = 9, a.max_kv = 64, a.scale = 0.088f;
  expect_choice(a, naive, "rows of q 4100 apart");
}

class AutoChoiceTest final : public testing::Test {
 public:
  void TestBody() override {
    linear(1, 4096, 4096, "gemv_warp"), linear(1, 151552, 4096, "gemv_warp");
    linear(2, 4096, 13696, "gemv_warp"), linear(8, 151552, 4096, "gemv_warp");
    linear(9, 4096, 13696, "small_m_mma_sm80"), linear(64, 4096, 4096, "small_m_mma_sm80");
    linear(65, 4096, 4096, "mma_sm80"), linear(6400, 4608, 1536, "mma_sm80");
    linear_swiglu(1, 13696, 4096, "gemv_warp"), linear_swiglu(8, 13696, 4096, "gemv_warp");
    linear_swiglu(9, 13696, 4096, "mma_sm80"), linear_swiglu(1600, 13696, 4096, "mma_sm80");
    qkv_rope(1, "gemv_warp"), qkv_rope(8, "gemv_warp"), qkv_rope(1600, "split");
    attention(1, 8192, 32, 2, true, "splitkv_sm80"), attention(4, 8192, 32, 2, true, "splitkv_sm80");
    attention(5, 8192, 32, 2, true, "mma_sm80"), attention(1600, 1600, 32, 2, true, "mma_sm80");
    attention(6400, 6400, 12, 12, false, "mma_sm80");
    unaligned("naive");
  }
};

}  // namespace

void register_auto_test() {
  testing::RegisterTest("auto/choice", "cuda", nullptr, nullptr, __FILE__, 1,
                        []() -> testing::Test* { return new AutoChoiceTest; });
}

}  // namespace glimpse::test
