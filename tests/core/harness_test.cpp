// The generic test itself: for each of its checks, a variant that breaks exactly that rule, and one that breaks none.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "glimpse/core/oracle.h"
#include "support/op_check.h"

namespace glimpse::test {
namespace {

// y = 2 x, with a variant for each way to be wrong.
enum Sin { kNone, kValue, kUnwritten, kBeyondEnd, kInput, kRowGap, kThreads, kTooMuchWorkspace, kWorkspaceGuard };

struct Doubling {
  TensorView x, y;
};

class DoublingOp final : public OpBase {
 public:
  DoublingOp() {
    for (const char* name : {"right", "value", "unwritten", "beyond_end", "input", "row_gap", "threads", "workspace",
                             "workspace_guard"})
      infos_.push_back({name, __FILE__, Device::cpu, {}, 0, 0, true});
  }
  const char* name() const override { return "doubling"; }
  bool exact_outputs() const override { return false; }
  void check(const void*) const override {}
  Cost cost(const void*) const override { return {}; }
  void reference(const void* a, bool exact) const override {
    const auto& args = *static_cast<const Doubling*>(a);
    const oracle::Rounder round{exact, args.y.dtype};
    for (int64_t m = 0; m < args.y.shape[0]; ++m)
      for (int64_t n = 0; n < args.y.shape[1]; ++n)
        oracle::set(args.y, round(2 * oracle::get(args.x, m, n)), m, n);
  }
  size_t workspace(int, const void*, Context&) const override { return Workspace::kAlign; }
  std::vector<AnyCase> cases(uint64_t) const override {
    const auto make = [](Maker& m) {
      return AnyArgs{std::make_shared<Doubling>(
          Doubling{m.tensor(DType::f32, {5, 7}), m.output(DType::f32, {5, 7})})};
    };
    return {{"5x7", false, true, make}};
  }
  AnyArgs clone(const void* a) const override {
    return {std::make_shared<Doubling>(*static_cast<const Doubling*>(a))};
  }
  void visit(void* a, const TensorVisitor& f) const override {
    auto& args = *static_cast<Doubling*>(a);
    f("x", args.x, Role::in), f("y", args.y, Role::out);
  }
  void run(int sin, const void* a, Context& ctx) const override {
    const auto& args = *static_cast<const Doubling*>(a);
    auto* x = static_cast<float*>(args.x.data);
    auto* y = static_cast<float*>(args.y.data);
    auto* scratch = static_cast<char*>(ctx.workspace.take(sin == kTooMuchWorkspace ? 257 : 1));
    for (int64_t m = 0; m < args.y.shape[0]; ++m)
      for (int64_t n = 0; n < args.y.shape[1]; ++n)
        y[m * args.y.stride[0] + n] = 2 * x[m * args.x.stride[0] + n];
    if (sin == kValue) y[3] += 0.001f;
    if (sin == kUnwritten) std::memset(y + 3, kPoison, sizeof(float));
    if (sin == kBeyondEnd) trespass(y + args.y.span());
    if (sin == kInput) x[0] = 1;
    if (sin == kRowGap && args.y.stride[0] > args.y.shape[1]) y[args.y.shape[1]] = 0;
    if (sin == kThreads) y[0] += 1e-9f * float(ctx.threads), y[1] = std::nextafter(y[1], ctx.threads == 2 ? 9.f : y[1]);
    if (sin == kWorkspaceGuard) scratch[Workspace::kAlign] = 0;
  }

 protected:
  bool variant_rejects(int, const void*, const DeviceInfo&, Reason&) const override { return false; }

 private:
  // AddressSanitizer would stop the program here, which is what it is for.
  __attribute__((no_sanitize("address"))) static void trespass(float* p) { *p = 0; }
};

std::string first_failure(Sin sin) {
  const DoublingOp op;
  const AnyCase c = op.cases(0).front();
  const auto expected = expect(op, c, 1);
  const Outcome outcome = check_variant(op, sin, c, 1, cpu_backend(), expected);
  return outcome.failures.empty() ? "" : outcome.failures.front();
}

bool says(Sin sin, const char* part) {
  const std::string text = first_failure(sin);
  return text.find(part) != std::string::npos || (ADD_FAILURE() << "it says: " << text, false);
}

TEST(Harness, PassesWhatIsRight) { EXPECT_EQ(first_failure(kNone), ""); }
TEST(Harness, SeesAWrongValue) { EXPECT_TRUE(says(kValue, "y[0, 3]")); }
TEST(Harness, SeesAnUnwrittenOutput) { EXPECT_TRUE(says(kUnwritten, "nan, exact is")); }
TEST(Harness, SeesAWriteBehindTheEnd) { EXPECT_TRUE(says(kBeyondEnd, "byte 140 of tensor 1")); }
TEST(Harness, SeesAWrittenInput) { EXPECT_TRUE(says(kInput, "byte 0 of tensor 0")); }
TEST(Harness, SeesAWriteBetweenRows) { EXPECT_TRUE(says(kRowGap, "padded rows")); }
TEST(Harness, SeesOtherBitsWithOtherThreads) { EXPECT_TRUE(says(kThreads, "other bits")); }
TEST(Harness, SeesMoreWorkspaceThanDeclared) { EXPECT_TRUE(says(kTooMuchWorkspace, "frozen")); }
TEST(Harness, SeesAWriteBesideTheWorkspace) { EXPECT_TRUE(says(kWorkspaceGuard, "beside its workspace")); }

// A row of values around 2000, and one around 1e-3 that the maximum over the tensor would not see.
std::vector<double> small_row(double change = 0, double scale = 1) {
  std::vector<double> v(2 * kRowValues, 2000);
  for (size_t i = kRowValues; i < v.size(); ++i) v[i] = 1e-3 * scale;
  v[0] = 1000 + change;
  return v;
}

Expected small_row_expected(int64_t row) { return {"y", DType::f32, row, small_row(), small_row()}; }

TEST(Budget, SeesASmallRowSetToZero) {
  EXPECT_NE(compare(small_row_expected(kRowValues), small_row(0, 0), false), "");
  EXPECT_NE(compare(small_row_expected(1), small_row(0, 0), false), "");
}

TEST(Budget, AllowsOneUlpOfTheRowsPeak) {
  const double step = ulp(DType::f32, 2000);
  EXPECT_EQ(compare(small_row_expected(kRowValues), small_row(step), false), "");
  EXPECT_NE(compare(small_row_expected(kRowValues), small_row(1.01 * step), false), "");
}

TEST(Budget, NarrowRowsAreJudgedTogether) {
  const double step = ulp(DType::f32, 2000);
  EXPECT_EQ(compare(small_row_expected(1), small_row(step), false), "");
  EXPECT_NE(compare(small_row_expected(1), small_row(1.01 * step), false), "");
}

TEST(Budget, AllowsTwiceTheModelsOwnError) {
  const Expected e{"y", DType::bf16, 4, {1, 1, 1, 1}, {1.01, 1, 1, 1}};
  EXPECT_EQ(compare(e, {1, 1.027, 1, 1}, false), "");
  EXPECT_NE(compare(e, {1, 1.029, 1, 1}, false), "");
}

TEST(Budget, AsksForInfinitiesAndNansWhereTheExactValueIsOne) {
  const double inf = INFINITY;
  const Expected e{"y", DType::f32, 2, {inf, 1}, {inf, 1}};
  EXPECT_EQ(compare(e, {inf, 1}, false), "");
  EXPECT_NE(compare(e, {1, 1}, false), "");
  EXPECT_NE(compare(e, {inf, NAN}, false), "");
}

TEST(Budget, ComparesIntegersExactly) {
  const Expected e{"token", DType::i32, 1, {7}, {7}};
  EXPECT_EQ(compare(e, {7}, false), "");
  EXPECT_NE(compare(e, {8}, false), "");
}

TEST(Budget, UlpIsTheDistanceOfNeighbours) {
  EXPECT_EQ(ulp(DType::bf16, 1), 0x1p-7);
  EXPECT_EQ(ulp(DType::f32, -1.5), 0x1p-23);
  EXPECT_EQ(ulp(DType::f32, 0), 0x1p-149);
  EXPECT_EQ(ulp(DType::i32, 5), 0);
}

}  // namespace
}  // namespace glimpse::test
