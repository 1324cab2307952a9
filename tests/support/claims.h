// What a deterministic variant claims, and how it is put to the test: rows alone against all of them at once.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "glimpse/core/oracle.h"
#include "glimpse/core/run.h"
#include "support/case_memory.h"

namespace glimpse::test {

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

inline void compare_rows(const std::vector<double>& whole, const std::vector<double>& part, int64_t first_row,
                         int64_t row, const std::string& what) {
  for (size_t i = 0; i < part.size(); ++i)
    if (const double other = whole[size_t(first_row * row) + i]; part[i] != other) {
      ADD_FAILURE() << what << ": element " << i << " is " << part[i] << " alone and " << other << " among all rows";
      return;
    }
}

// What of the arguments has a row for each row of the output.
template <class Args> using ByRow = std::vector<TensorView*> (*)(Args&);

// Rows lo..hi-1 alone, in every output of `outs`, against all of them at once.
template <class Args>
int rows_alone(const Subject& s, const Args& all, const CaseMemory& memory, ByRow<Args> by_row,
               std::vector<TensorView Args::*> outs, std::string& why) {
  int compared = 0;
  for (TensorView Args::*out : outs) {
    const int64_t rows = (all.*out).shape[0], row = (all.*out).numel() / rows;
    const std::vector<double> whole = s.run(all, all.*out, memory, why);
    for (auto [lo, hi] : {std::pair<int64_t, int64_t>{0, 1}, {1, 3}, {rows / 2, rows}, {1, 8}}) {
      if (whole.empty() || hi > rows) continue;
      Args some = all;
      for (TensorView* t : by_row(some))
        if (*t) *t = t->slice(0, lo, hi);
      const std::vector<double> part = s.run(some, some.*out, memory, why);
      compared += !part.empty();
      compare_rows(whole, part, lo, row,
                   "rows " + std::to_string(lo) + " to " + std::to_string(hi - 1) + " of " + std::to_string(rows));
    }
  }
  return compared;
}

// The claims of the ops whose rows are independent, by op.
std::vector<std::pair<const char*, Claim>> row_claims();

}  // namespace glimpse::test
