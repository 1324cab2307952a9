// glimpse run --profile: every second in exactly one row, calls nested in the trace, a picture that is well-formed.
#include "model/profile.h"

#include <gtest/gtest.h>

#include <map>

#include "glimpse/core/backend.h"
#include "model/clock.h"
#include "model/json.h"
#include "program.h"
#include "tools/glimpse/profile_report.h"

namespace glimpse {
namespace {

std::vector<std::string> question(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"run", "-m", nano_model(), "--device", "cpu", "--image",
                                        std::string(GLIMPSE_TEST_DATA) + "/rocket.jpg", "-p", "What is it?",
                                        "--temperature", "0", "--max-new-tokens", "5"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Events of one track, each inside the one it begins in; returns the deepest nesting.
size_t expect_nested(std::vector<std::pair<double, double>> events) {
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  std::vector<double> ends;
  size_t deepest = 0;
  for (const auto& [begin, end] : events) {
    EXPECT_LE(begin, end);
    while (!ends.empty() && ends.back() <= begin) ends.pop_back();
    if (!ends.empty()) {
      EXPECT_LE(end, ends.back() + 1e-3) << "event at " << begin;
    }
    ends.push_back(end);
    deepest = std::max(deepest, ends.size());
  }
  return deepest;
}

TEST(ProfileTest, RowsSumToTheWallTime) {
  const Outcome o = glimpse_program(question({"--profile", "--json"}));
  ASSERT_EQ(o.status, 0) << o.err;
  const Json json = Json::parse(o.out);
  double sum = 0;
  std::map<std::string, int64_t> calls;
  for (const Json& row : json["profile"]["rows"]) {
    const double own = row["own_seconds"];
    EXPECT_GE(own, -1e-6) << row;
    sum += own;
    if (!row["site"].get<std::string>().empty() && row["parent"] >= 0)
      calls[row["phase"].get<std::string>() + " " + row["site"].get<std::string>()] += row["calls"].get<int64_t>();
    else EXPECT_EQ(row["flops"], 0);
  }
  const double wall = json["stats"]["total_seconds"];
  EXPECT_NEAR(sum, wall, 0.02 * wall);
  // Nano has 4 text layers; the first of the 5 tokens comes from the prompt.
  EXPECT_EQ(calls["decode text.attn"], 4 * 4);
  EXPECT_EQ(calls["decode sample"], 4);
  EXPECT_EQ(calls["prefill sample"], 1);
  EXPECT_GT(calls["vision vision.attn"], 0);
}

TEST(ProfileTest, TheTableNamesKernelsAndPhases) {
  const Outcome o = glimpse_program(question({"--profile"}));
  ASSERT_EQ(o.status, 0) << o.err;
  for (const char* part : {"phase", "load", "prepare", "vision", "prefill", "decode", "text.mlp", "in all", "100.0"})
    EXPECT_NE(o.err.find(part), std::string::npos) << part << " in\n" << o.err;
}

TEST(ProfileTest, TheTraceIsValidAndNested) {
  const ScratchDirectory scratch;
  const std::string trace = scratch.path() / "trace.json";
  const Outcome o = glimpse_program(question({"--profile", "--json", "--profile-trace", trace}));
  ASSERT_EQ(o.status, 0) << o.err;
  const Json json = Json::parse(file_text(trace)), profile = Json::parse(o.out)["profile"];
  std::map<int, std::vector<std::pair<double, double>>> tracks;
  int64_t events = 0, calls = 0;
  for (const Json& e : json["traceEvents"]) {
    if (e["ph"] != "X") continue;
    tracks[e["tid"]].emplace_back(e["ts"], e["ts"].get<double>() + e["dur"].get<double>());
    ++events;
  }
  for (const Json& row : profile["rows"]) calls += row["calls"].get<int64_t>();
  EXPECT_EQ(events, calls);
  ASSERT_EQ(tracks.size(), 1u);
  EXPECT_GE(expect_nested(tracks.begin()->second), 3u);  // program, phase, op
}

TEST(ProfileTest, AnUnwritableFileIsRefusedBeforeTheWork) {
  const Outcome o = glimpse_program(question({"--profile-svg", "/nowhere/p.svg"}));
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("/nowhere/p.svg cannot be written"), std::string::npos) << o.err;
  EXPECT_TRUE(o.out.empty());
}

TEST(ProfileTest, ThePictureEscapesNames) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() / "p.svg";
  glimpse::Run run(cpu_backend());
  Profile profile(run, host_seconds(), false);
  { const glimpse::Run::Phase phase(run, "<b> & \"c\"\n"); }
  profile.add_phase("load", host_seconds() - 1, host_seconds());
  profile.finish();
  cli::write_profile_svg(profile, "a < b", path);
  const std::string svg = file_text(path);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  size_t open = 0, closed = 0;
  for (size_t i = 0; i < svg.size(); ++i) {
    open += svg[i] == '<', closed += svg[i] == '>';
    EXPECT_LE(open - closed, 1u) << "at " << i;
    if (svg[i] == '&') {
      EXPECT_LT(svg.find(';', i) - i, 6u);
    }
  }
  EXPECT_EQ(open, closed);
}

}  // namespace
}  // namespace glimpse
