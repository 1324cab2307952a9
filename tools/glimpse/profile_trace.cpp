// A profile as a trace that Perfetto and chrome://tracing open.
#include <cstdio>
#include <memory>

#include "glimpse/core/error.h"
#include "profile_report.h"

namespace glimpse::cli {

namespace {

constexpr int kHostTrack = 1, kDeviceTrack = 2;

std::string line(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson track_name(int track, const char* name) {
  return {{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", track}, {"args", {{"name", name}}}};
}

OrderedJson event_of(const ProfileRow& row, const ProfileSpan& span, int track) {
  // Microseconds; the end is rounded, not the duration, so that what touches or encloses does so in the file as well.
  const double begin = double(int64_t(1e9 * span.begin)) / 1e3, end = double(int64_t(1e9 * span.end)) / 1e3;
  OrderedJson event = {{"name", row.op.empty() ? row.phase : row.op + "." + row.variant},
                       {"cat", row.op.empty() ? "phase" : "op"},
                       {"ph", "X"},
                       {"ts", begin},
                       {"dur", end - begin},
                       {"pid", 1},
                       {"tid", track}};
  if (!row.op.empty()) event["args"] = {{"site", row.site}};
  if (span.layer >= 0) event["args"]["layer"] = span.layer;
  return event;
}

}  // namespace

void write_profile_trace(const Profile& profile, bool own_track, const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  GLIMPSE_CHECK(file, "%s cannot be written; give another file to --profile-trace", path.c_str());
  std::fprintf(file.get(), "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n%s",
               line(track_name(kHostTrack, "program")).c_str());
  if (own_track) std::fprintf(file.get(), ",\n%s", line(track_name(kDeviceTrack, "device")).c_str());
  for (const ProfileSpan& span : profile.spans()) {
    const ProfileRow& row = profile.rows()[size_t(span.row)];
    const int track = own_track && !row.op.empty() ? kDeviceTrack : kHostTrack;
    std::fprintf(file.get(), ",\n%s", line(event_of(row, span, track)).c_str());
  }
  std::fputs("\n]}\n", file.get());
  GLIMPSE_CHECK(!std::ferror(file.get()) && std::fflush(file.get()) == 0, "%s: the disk took only a part of the trace",
                path.c_str());
}

}  // namespace glimpse::cli
