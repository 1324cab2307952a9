#include "model/profile.h"

#include <algorithm>
#include <utility>

#include "glimpse/core/op.h"
#include "model/clock.h"

namespace glimpse {

namespace {

constexpr size_t kMarksAtOnce = 8192;  // some twelve steps of a model of 40 layers between two waits for the device

// Where an op is done when its call returns.
class HostClock final : public StreamClock {
 public:
  void mark() override { marks_.push_back(host_seconds() - start_); }
  std::vector<double> times() override { return std::exchange(marks_, {}); }

 private:
  const double start_ = host_seconds();
  std::vector<double> marks_;
};

}  // namespace

Profile::Profile(Run& run, double started, bool keep_spans)
    : run_(run), started_(started), keep_spans_(keep_spans) {
  run.backend().synchronize();
  offset_ = host_seconds();
  if (!run.device().is_virtual) clock_ = run.backend().clock();  // a virtual device has no time to tell
  if (!clock_) clock_ = std::make_unique<HostClock>();
  rows_.push_back({.phase = "program", .op = {}, .variant = {}, .site = {}});
  phases_.push_back({0, started});
  run.add_observer(this);
}

int Profile::row_of(ProfileRow row) {
  const std::string name = row.op.empty() ? row.phase : row.op + "=" + row.variant + "@" + row.site;
  const auto [at, fresh] = index_.try_emplace({row.parent, name}, int(rows_.size()));
  if (fresh) rows_.push_back(std::move(row));
  return at->second;
}

void Profile::add_phase(const std::string& name, double begin, double end) {
  close({row_of({.phase = name, .op = {}, .variant = {}, .site = {}, .parent = phases_.back().row}), begin}, end);
}

void Profile::enter(const char* phase) {
  const int parent = phases_.back().row;
  phases_.push_back({row_of({.phase = phase, .op = {}, .variant = {}, .site = {}, .parent = parent}), host_seconds()});
}

void Profile::leave() {
  const Open open = phases_.back();
  phases_.pop_back();
  close(open, host_seconds());
}

void Profile::close(const Open& open, double end) {
  ProfileRow& row = rows_[size_t(open.row)];
  const double seconds = end - open.begin;
  ++row.calls;
  row.own += seconds, row.total += seconds;
  if (row.parent >= 0) rows_[size_t(row.parent)].own -= seconds;
  if (keep_spans_) spans_.push_back({open.row, -1, open.begin - started_, end - started_});
}

void Profile::before(const Event& event) {
  const int parent = ops_.empty() ? phases_.back().row : ops_.back();
  const int row = row_of({.phase = rows_[size_t(parent)].phase, .op = event.op.name(),
                          .variant = event.op.variants()[size_t(event.variant)].name, .site = event.site.path,
                          .parent = parent});
  const Cost cost = event.op.cost(event.args);
  rows_[size_t(row)].flops += cost.flops, rows_[size_t(row)].bytes += cost.bytes;
  ops_.push_back(row);
  marks_.push_back({row, event.site.layer});
  clock_->mark();
}

void Profile::after(const Event&) {
  clock_->mark();
  marks_.push_back({-1, -1});
  ops_.pop_back();
  if (ops_.empty() && marks_.size() >= kMarksAtOnce) collect();
}

void Profile::collect() {
  const std::vector<double> times = clock_->times();
  std::vector<ProfileSpan> open;
  for (size_t i = 0; i < marks_.size(); ++i) {
    const double at = times[i] + offset_ - started_;
    if (marks_[i].row >= 0) {
      open.push_back({marks_[i].row, marks_[i].layer, at, at});
      continue;
    }
    ProfileSpan span = open.back();
    open.pop_back();
    span.end = at;
    ProfileRow& row = rows_[size_t(span.row)];
    ++row.calls;
    row.own += span.end - span.begin, row.total += span.end - span.begin;
    rows_[size_t(row.parent)].own -= span.end - span.begin;
    if (keep_spans_) spans_.push_back(span);
  }
  marks_.clear();
}

void Profile::finish() {
  collect();
  while (!phases_.empty()) leave();
  std::stable_sort(spans_.begin(), spans_.end(), [](const ProfileSpan& a, const ProfileSpan& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
}

}  // namespace glimpse
