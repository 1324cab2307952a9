// The options that ask for a profile, and what a command does with them.
#include "profile_flags.h"

#include <cstdio>
#include <fstream>

#include "glimpse/core/error.h"

namespace glimpse::cli {

void add_profile_flags(CLI::App& command, ProfileFlags& flags) {
  command.add_flag("--profile", flags.table, "time of each kernel and site against its limit, on standard error");
  command.add_option("--profile-trace", flags.trace, "every call as a trace for Perfetto")->type_name("FILE.json");
  command.add_option("--profile-svg", flags.svg, "the profile as a picture")->type_name("FILE.svg");
}

ProfileReport::ProfileReport(const ProfileFlags& flags, Run& run, double started)
    : flags_(flags), run_(run), timed_(!run.device().is_virtual) {
  GLIMPSE_CHECK(timed_ || (flags.trace.empty() && flags.svg.empty()),
                "%s has no time to draw; --profile alone counts calls and work there", run.device().name);
  // Before the work, not behind it.
  for (const std::string& path : {flags.trace, flags.svg})
    GLIMPSE_CHECK(path.empty() || std::ofstream(path, std::ios::app), "%s cannot be written; give another file",
                  path.c_str());
  if (flags.any()) profile_.emplace(run, started, !flags.trace.empty());
}

void ProfileReport::add_phase(const std::string& name, double begin, double end) {
  if (profile_) profile_->add_phase(name, begin, end);
}

void ProfileReport::finish() {
  if (profile_) profile_->finish();
}

const DeviceLimits& ProfileReport::limits() {
  if (!limits_) limits_ = device_limits(run_);
  return *limits_;
}

void ProfileReport::write(bool text) {
  if (!profile_) return;
  if (flags_.table && text) std::fputs(profile_text(*profile_, limits(), timed_).c_str(), stderr);
  if (!flags_.trace.empty()) write_profile_trace(*profile_, run_.device().kind == Device::cuda, flags_.trace);
  if (!flags_.svg.empty()) write_profile_svg(*profile_, std::string("glimpse on ") + run_.device().name, flags_.svg);
}

OrderedJson ProfileReport::json() { return profile_json(*profile_, limits(), timed_); }

}  // namespace glimpse::cli
