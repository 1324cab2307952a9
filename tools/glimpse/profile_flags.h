// The options that ask for a profile, and what a command does with them.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "model/profile.h"
#include "profile_report.h"

namespace glimpse::cli {

struct ProfileFlags {
  bool table = false;
  std::string trace, svg;  // files; empty: none
  bool any() const { return table || !trace.empty() || !svg.empty(); }
};

// --profile, --profile-trace, --profile-svg.
void add_profile_flags(CLI::App& command, ProfileFlags& flags);

// The profile that the flags ask for; without any of them nothing is observed.
class ProfileReport {
 public:
  // `started`: as for Profile. Throws Error where a picture or trace is asked of a virtual device, which has no time.
  ProfileReport(const ProfileFlags& flags, Run& run, double started);
  void add_phase(const std::string& name, double begin, double end);
  void finish();
  // After finish(): the table on standard error where `text`, and the files.
  void write(bool text);
  OrderedJson json();

 private:
  const DeviceLimits& limits();
  const ProfileFlags& flags_;
  Run& run_;
  bool timed_;
  std::optional<Profile> profile_;
  std::optional<DeviceLimits> limits_;
};

}  // namespace glimpse::cli
