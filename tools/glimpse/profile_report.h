// A profile, as a table, as JSON, as a trace and as a picture.
#pragma once
#include <string>

#include "model/json.h"
#include "model/profile.h"

namespace glimpse::cli {

// What the device can do at most, measured; 0: not known.
struct DeviceLimits {
  double read = 0;  // bytes a second
  double gemm = 0;  // f32 matrix products, flops a second
};

// Of the CPU: measured, which takes about two seconds. Of another device: nothing is known.
DeviceLimits device_limits(const Run& run);

// One row: its rates, over all of an op's time, against the limit that binds it.
struct RowRates {
  double bytes_per_second = 0, flops_per_second = 0;
  double of_limit = 0;     // 0: not known
  const char* limit = "";  // "read" or "gemm"
};
RowRates rates_of(const ProfileRow& row, const DeviceLimits& limits);

// `timed` false (a virtual device): counts only, no time is shown.
std::string profile_text(const Profile& profile, const DeviceLimits& limits, bool timed);
OrderedJson profile_json(const Profile& profile, const DeviceLimits& limits, bool timed);
// The Chrome trace format, which Perfetto opens: one event for each call. `own_track`: ops apart from the phases, for a
// device that works while the host goes on.
void write_profile_trace(const Profile& profile, bool own_track, const std::string& path);
// A flame graph that grows downwards: the program, its phases, their ops, inner ops; as wide as they took time.
void write_profile_svg(const Profile& profile, const std::string& title, const std::string& path);

}  // namespace glimpse::cli
