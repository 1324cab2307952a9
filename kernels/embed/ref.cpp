// Oracle of embed: spec 7.7.
#include "glimpse/core/contract.h"
#include "glimpse/core/op.h"
#include "glimpse/core/oracle.h"
#include "glimpse/ops/embed.h"

namespace glimpse {
namespace {

void check(const op::Embed& a) {
  contract::activation(a.kName, "y", a.y), contract::activation(a.kName, "table", a.table.data);
  GLIMPSE_CHECK(a.y.rank == 2, "embed: y must be a matrix, its rank is %d", a.y.rank);
  GLIMPSE_CHECK(a.table.format == WeightFormat::dense, "embed: only dense tables are supported");
  GLIMPSE_CHECK(a.table.K == a.y.shape[1], "embed: the table has %lld columns, y has %lld", (long long)a.table.K,
                (long long)a.y.shape[1]);
  contract::integers(a.kName, "ids", a.ids, {a.y.shape[0]});
  GLIMPSE_CHECK(bool(a.vision) == bool(a.vision_row), "embed: vision and vision_row come together");
  if (!a.vision) return;
  contract::activation(a.kName, "vision", a.vision);
  contract::shape(a.kName, "vision", a.vision, {a.vision.shape[0], a.y.shape[1]});
  contract::integers(a.kName, "vision_row", a.vision_row, {a.y.shape[0]});
}

Cost cost(const op::Embed& a) { return {0, 2.0 * double(a.y.bytes()) + double(a.ids.bytes())}; }

void reference(const op::Embed& a, bool) {
  for (int64_t m = 0; m < a.y.shape[0]; ++m) {
    const auto row = int64_t(a.vision ? oracle::get(a.vision_row, m) : -1);
    const TensorView& from = row >= 0 ? a.vision : a.table.data;
    const int64_t at = row >= 0 ? row : int64_t(oracle::get(a.ids, m));
    for (int64_t c = 0; c < a.y.shape[1]; ++c) oracle::set(a.y, oracle::get(from, at, c), m, c);
  }
}

Case<op::Embed> make_case(int64_t rows, int64_t dim, DType dtype, DType table_dtype, bool vision) {
  char label[96];
  std::snprintf(label, sizeof label, "M=%lld,D=%lld,%s,table_%s%s", (long long)rows, (long long)dim, name_of(dtype),
                name_of(table_dtype), vision ? ",vision" : "");
  return {label, [=](Maker& m) {
            constexpr int kVocabulary = 97, kVision = 11;
            op::Embed a;
            std::vector<int32_t> ids, at;
            for (int64_t i = 0; i < rows; ++i) {
              ids.push_back(int32_t(m.random() % kVocabulary));
              at.push_back(int32_t(m.random() % (2 * kVision)) - kVision);
              at.back() = std::max(at.back(), -1);
            }
            a.ids = m.integers({rows}, ids);
            a.table = m.weight(table_dtype, kVocabulary, dim, 1);
            if (vision) a.vision = m.tensor(dtype, {kVision, dim}), a.vision_row = m.integers({rows}, at);
            a.y = m.output(dtype, {rows, dim});
            return a;
          }};
}

std::vector<Case<op::Embed>> cases(uint64_t seed) {
  std::vector<Case<op::Embed>> all;
  for (DType t : {DType::f32, DType::bf16})
    for (DType table : {DType::f32, DType::bf16})
      for (bool vision : {false, true}) {
        if (seed) {
          all.push_back(make_case(int64_t(seed % 19) + 1, int64_t(seed / 19 % 300) + 1, t, table, vision));
          continue;
        }
        for (int64_t rows : {0, 1, 7, 16}) all.push_back(make_case(rows, 64, t, table, vision));
        for (int64_t dim : {1, 33, 2048, 2056}) all.push_back(make_case(3, dim, t, table, vision));
        all.push_back(make_case(1744, 4096, t, table, vision));
        all.back().bench = true, all.back().test = false;
      }
  return all;
}

}  // namespace
}  // namespace glimpse

GLIMPSE_OP(op::Embed, .check = glimpse::check, .cost = glimpse::cost, .reference = glimpse::reference,
           .cases = glimpse::cases)
