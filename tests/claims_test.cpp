// What a deterministic variant claims: a row's bits depend on its own inputs alone, not on the rows beside it, on the
// chunk it comes in, or on the bounds of the launch. Every variant of these ops on the chosen devices; none by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "glimpse/ops/attention.h"
#include "support/allowed_skips.h"
#include "support/claims.h"
#include "support/register_ops.h"

namespace glimpse::test {
namespace {

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
    std::string why;
    if (subject_.op.rejected(subject_.variant, nullptr, subject_.backend.info(), reason)) why = reason.text;
    else if (claim_(subject_, why)) return;
    const std::string who = subject_.op.name() + ("." + subject_.op.variants()[size_t(subject_.variant)].name);
    EXPECT_TRUE(skip_allowed(who, why)) << who << " is not compared, which allowed_skips.cpp does not allow: " << why;
    GTEST_SKIP() << why;
  }

 private:
  Claim claim_;
  Subject subject_;
};

}  // namespace

void register_claim_tests(const std::vector<Backend*>& backends) {
  auto claims = row_claims();
  claims.emplace_back(op::Attention::kName, attention_rows);
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
