// What a deterministic variant claims: a row's bits depend on its own inputs alone, not on the rows beside it, on the
// chunk it comes in, or on the bounds of the launch. Every variant of these ops on the chosen devices; none by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "glimpse/core/oracle.h"
#include "glimpse/core/run.h"
#include "glimpse/ops/attention.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "support/case_memory.h"
#include "support/register_ops.h"

namespace glimpse::test {
namespace {

// One variant on one device.
struct Subject {
  const OpBase& op;
  int variant;
  Backend& backend;

  // Elements of `out`, a view in `memory`, behind a run of the variant; empty where it rejects, with the reason.
  template <class Args>
  std::vector<double> run(const Args& host, const TensorView& out, const CaseMemory& memory, std::string& why) const {
    DeviceImage image(backend, memory);
    image.reset();
    const AnyArgs args = image.args(op, {std::make_shared<Args>(host)});
    Reason reason;
    if (op.rejected(variant, args.get(), backend.info(), reason)) return why = reason.text, std::vector<double>{};
    glimpse::Run inner(backend);
    StateStore states;
    Workspace workspace(backend.allocator());
    Context ctx{backend.info(), backend.stream(), workspace, states, 2, &inner, Site{"test", -1}};
    op.run(variant, args.get(), ctx);
    auto now = image.download();
    const size_t i = memory.find(out);
    TensorView t = out;
    t.data = now[i].data() + (static_cast<const uint8_t*>(out.data) - memory.allocations()[i].bytes.data());
    std::vector<double> all;
    for_each_offset(t, [&](int64_t at) { all.push_back(oracle::get_at(t, at)); });
    return all;
  }
};

// How many comparisons were made; what differs is a failure, why something was not compared is left in `why`.
using Claim = std::function<int(const Subject&, std::string& why)>;

void compare_rows(const std::vector<double>& whole, const std::vector<double>& part, int64_t first_row, int64_t row,
                  const std::string& what) {
  for (size_t i = 0; i < part.size(); ++i)
    if (const double other = whole[size_t(first_row * row) + i]; part[i] != other) {
      ADD_FAILURE() << what << ": element " << i << " is " << part[i] << " alone and " << other << " among all rows";
      return;
    }
}

// Rows lo..hi-1 of x and y (and, for linear, of the residual) alone, against all of them at once.
template <class Args> int rows_alone(const Subject& s, const Args& all, const CaseMemory& memory, std::string& why) {
  const int64_t rows = all.y.shape[0];
  const std::vector<double> whole = s.run(all, all.y, memory, why);
  int compared = 0;
  for (auto [lo, hi] : {std::pair<int64_t, int64_t>{0, 1}, {1, 3}, {rows / 2, rows}, {1, 8}}) {
    if (whole.empty() || hi > rows) continue;
    Args some = all;
    some.x = all.x.slice(0, lo, hi), some.y = all.y.slice(0, lo, hi);
    const std::vector<double> part = s.run(some, some.y, memory, why);
    compared += !part.empty();
    compare_rows(whole, part, lo, all.y.shape[1],
                 "rows " + std::to_string(lo) + " to " + std::to_string(hi - 1) + " of " + std::to_string(rows));
  }
  return compared;
}

// Rows of x at once, around the limits of variants and tiles.
constexpr int64_t kRows[] = {3, 8, 17, 64, 150};

int linear_rows(const Subject& s, std::string& why) {
  int compared = 0;
  for (const int64_t M : kRows) {
    CaseMemory memory(Layout::dense, uint64_t(M));
    op::Linear a;
    a.x = memory.tensor(DType::bf16, {M, 1160}), a.w = memory.weight(DType::bf16, 72, 1160, 0.03);
    a.y = memory.output(DType::bf16, {M, 72});
    compared += rows_alone(s, a, memory, why);
  }
  return compared;
}

int swiglu_rows(const Subject& s, std::string& why) {
  int compared = 0;
  for (const int64_t M : kRows) {
    CaseMemory memory(Layout::dense, uint64_t(M));
    op::LinearSwiglu a;
    a.x = memory.tensor(DType::bf16, {M, 264});
    a.gate = memory.weight(DType::bf16, 72, 264, 0.06), a.up = memory.weight(DType::bf16, 72, 264, 0.06);
    a.y = memory.output(DType::bf16, {M, 72});
    compared += rows_alone(s, a, memory, why);
  }
  return compared;
}

// Rows lo..hi-1 of sequence b of `all`, alone: as a chunk that ends there, behind `keys` keys.
op::Attention chunk_of(const op::Attention& all, CaseMemory& memory, int b, int64_t first, int lo, int hi, int keys) {
  op::Attention a = all;
  a.q = all.q.slice(0, first + lo, first + hi), a.o = all.o.slice(0, first + lo, first + hi);
  a.q_offsets = memory.integers({2}, {0, hi - lo}), a.kv_len = memory.integers({1}, {keys});
  a.kv_slot = memory.integers({1}, {b}), a.max_q = hi - lo, a.max_kv = keys;
  return a;
}

// Two sequences at once against parts of one alone; rows of causal chunks see what they saw in the whole.
int attention_of(const Subject& s, const std::vector<int>& rows, const std::vector<int>& lengths, int64_t dh,
                 bool causal, std::string& why) {
  CaseMemory memory(Layout::dense, uint64_t(lengths[0]));
  op::Attention all;
  const int longest = std::max(lengths[0], lengths[1]);
  all.q = memory.tensor(DType::bf16, {rows[0] + rows[1], 2, dh});
  all.k = memory.tensor(DType::bf16, {2, 1, longest, dh}), all.v = memory.tensor(DType::bf16, {2, 1, longest, dh});
  all.o = memory.output(DType::bf16, {rows[0] + rows[1], 2, dh});
  all.q_offsets = memory.integers({3}, {0, rows[0], rows[0] + rows[1]});
  all.kv_len = memory.integers({2}, {lengths[0], lengths[1]}), all.kv_slot = memory.integers({2}, {0, 1});
  all.max_q = std::max(rows[0], rows[1]), all.max_kv = longest + 3000, all.causal = causal;
  all.scale = float(1 / std::sqrt(double(dh)));
  struct Part {
    int b, lo, hi;
  };
  std::vector<Part> parts{{0, 0, rows[0]}, {1, 0, rows[1]}, {0, rows[0] / 2, rows[0]}, {0, rows[0] - 1, rows[0]}};
  if (lengths[0] <= 256) parts.push_back({0, 0, rows[0] / 2});  // splits of keys may follow a sequence's own length
  std::vector<op::Attention> alone;
  for (const Part& p : parts) {
    const int keys = lengths[size_t(p.b)] - (causal ? rows[size_t(p.b)] - p.hi : 0);
    alone.push_back(chunk_of(all, memory, p.b, p.b ? rows[0] : 0, p.lo, p.hi, keys));
  }
  const std::vector<double> whole = s.run(all, all.o, memory, why);
  int compared = 0;
  for (size_t i = 0; i < parts.size() && !whole.empty(); ++i) {
    const std::vector<double> part = s.run(alone[i], alone[i].o, memory, why);
    compared += !part.empty();
    compare_rows(whole, part, (parts[i].b ? rows[0] : 0) + parts[i].lo, 2 * dh,
                 "rows " + std::to_string(parts[i].lo) + " to " + std::to_string(parts[i].hi - 1) + " of sequence " +
                     std::to_string(parts[i].b) + " on " + std::to_string(lengths[size_t(parts[i].b)]) + " keys");
  }
  return compared;
}

int attention_rows(const Subject& s, std::string& why) {
  int compared = 0;
  for (const int64_t dh : {64, 128})
    for (const bool causal : {true, false}) {
      compared += attention_of(s, {140, 9}, {230, 70}, dh, causal, why);
      compared += attention_of(s, {2, 3}, {700, 50}, dh, causal, why);
    }
  return compared;
}

class ClaimTest final : public testing::Test {
 public:
  ClaimTest(Claim claim, const Subject& subject) : claim_(std::move(claim)), subject_(subject) {}
  void TestBody() override {
    Reason reason;
    if (subject_.op.rejected(subject_.variant, nullptr, subject_.backend.info(), reason)) GTEST_SKIP() << reason.text;
    std::string why;
    if (!claim_(subject_, why)) GTEST_SKIP() << why;
  }

 private:
  Claim claim_;
  Subject subject_;
};

}  // namespace

void register_claim_tests(const std::vector<Backend*>& backends) {
  const std::pair<const char*, Claim> claims[] = {
      {op::Linear::kName, linear_rows}, {op::LinearSwiglu::kName, swiglu_rows}, {op::Attention::kName, attention_rows}};
  for (const auto& entry : claims) {
    const char* name = entry.first;
    const OpBase& op = find_op(name);
    for (Backend* b : backends)
      for (int v = 0; v < int(op.variants().size()); ++v) {
        const VariantInfo& info = op.variants()[size_t(v)];
        if (info.device != b->info().kind || !info.deterministic) continue;
        testing::RegisterTest((std::string("claims/") + name).c_str(), info.name.c_str(), nullptr, nullptr,
                              info.file.c_str(), 1, [c = entry.second, s = Subject{op, v, *b}]() -> testing::Test* {
                                return new ClaimTest(c, s);
                              });
      }
  }
}

}  // namespace glimpse::test
