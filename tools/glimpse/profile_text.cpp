// A profile as a table and as JSON.
#include <algorithm>
#include <numeric>

#include "bench/probe.h"
#include "profile_report.h"
#include "table.h"

namespace glimpse::cli {

namespace {

// Rows by own time, the longest first; untimed as they first ran.
std::vector<size_t> order_of(const std::vector<ProfileRow>& rows, bool timed) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t(0));
  if (timed)
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rows[a].own > rows[b].own; });
  return order;
}

std::string label(const ProfileRow& row) {
  return row.op.empty() ? std::string("(outside ops)") : row.op + "." + row.variant;
}

std::string or_blank(double value, int digits) { return value > 0 ? fixed(value, digits) : std::string(); }

}  // namespace

DeviceLimits device_limits(const Run& run) {
  if (run.device().kind != Device::cpu) return {};
  return {bench::read_bandwidth(run.threads(), 3), bench::sgemm_rate(run.threads(), 3)};
}

RowRates rates_of(const ProfileRow& row, const DeviceLimits& limits) {
  RowRates r;
  if (row.op.empty() || row.total <= 0) return r;
  r.bytes_per_second = row.bytes / row.total, r.flops_per_second = row.flops / row.total;
  if (limits.read <= 0 || limits.gemm <= 0) return r;
  const double reading = row.bytes / limits.read, computing = row.flops / limits.gemm;
  r.limit = reading >= computing ? "read" : "gemm";
  r.of_limit = std::max(reading, computing) / row.total;
  return r;
}

std::string profile_text(const Profile& profile, const DeviceLimits& limits, bool timed) {
  const auto& rows = profile.rows();
  const double all = rows[0].total;
  Table table(timed ? "lllrrrrrrl" : "lllrrr");
  if (timed)
    table.row({"phase", "kernel", "site", "calls", "ms", "%", "GB/s", "GFLOP/s", "% of", "limit"});
  else table.row({"phase", "kernel", "site", "calls", "GB", "GFLOP"});
  for (const size_t i : order_of(rows, timed)) {
    const ProfileRow& r = rows[i];
    std::vector<std::string> cells{r.phase, label(r), r.site, grouped(r.calls)};
    if (timed) {
      const RowRates rates = rates_of(r, limits);
      for (std::string& cell : std::vector<std::string>{
               fixed(1e3 * r.own, 3), fixed(100 * r.own / all, 1), or_blank(1e-9 * rates.bytes_per_second, 2),
               or_blank(1e-9 * rates.flops_per_second, 2), or_blank(100 * rates.of_limit, 1), rates.limit})
        cells.push_back(std::move(cell));
    } else if (!r.op.empty()) {
      cells.push_back(fixed(1e-9 * r.bytes, 3)), cells.push_back(fixed(1e-9 * r.flops, 3));
    }
    table.row(std::move(cells));
  }
  if (!timed) return table.text() + "a virtual device: calls and work, no times\n";
  double sum = 0;
  for (const ProfileRow& r : rows) sum += r.own;
  table.row({"in all", "", "", "", fixed(1e3 * sum, 3), fixed(100 * sum / all, 1)});
  std::string text = table.text() + "ms and %: without inner ops; GB/s, GFLOP/s and % of limit: with them";
  if (limits.read > 0)
    text += ", the limit being\nthe larger share of " + fixed(1e-9 * limits.read, 1) + " GB/s that this machine reads" +
            " and " + fixed(1e-9 * limits.gemm, 1) + " GFLOP/s of its f32 products; what\nlies in a cache can pass " +
            "100%";
  return text + "\n";
}

OrderedJson profile_json(const Profile& profile, const DeviceLimits& limits, bool timed) {
  OrderedJson json = {{"rows", OrderedJson::array()}};
  if (timed) json["seconds"] = profile.rows()[0].total;
  if (limits.read > 0)
    json["read_bytes_per_second"] = limits.read, json["gemm_flops_per_second"] = limits.gemm;
  for (const ProfileRow& r : profile.rows()) {
    OrderedJson row = {{"phase", r.phase}, {"op", r.op}, {"variant", r.variant}, {"site", r.site},
                       {"parent", r.parent}, {"calls", r.calls}, {"flops", r.flops}, {"bytes", r.bytes}};
    if (timed) {
      const RowRates rates = rates_of(r, limits);
      row["own_seconds"] = r.own, row["total_seconds"] = r.total;
      if (!r.op.empty()) row["bytes_per_second"] = rates.bytes_per_second;
      if (rates.of_limit > 0) row["of_limit"] = rates.of_limit, row["limit"] = rates.limit;
    }
    json["rows"].push_back(std::move(row));
  }
  return json;
}

}  // namespace glimpse::cli
