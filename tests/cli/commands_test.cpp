// What the commands that need no generation print: help, kernels, bench.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "glimpse/core/op.h"
#include "model/json.h"
#include "program.h"

namespace glimpse {
namespace {

Json json_of(const std::vector<std::string>& arguments) {
  const Outcome o = glimpse_program(arguments);
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "") << "standard error is not a terminal here, so nothing belongs there";
  return parse_json(o.out, "the program's output");
}

TEST(Help, EveryCommandHasExamplesThatNameItself) {
  const auto names = command_names();
  EXPECT_GE(names.size(), 4u);
  for (const std::string& name : names) {
    const Outcome o = glimpse_program({name, "--help"});
    EXPECT_EQ(o.status, 0) << name;
    EXPECT_NE(o.out.find("Examples:"), o.out.npos) << name;
    EXPECT_NE(o.out.find("glimpse " + name), o.out.npos) << name;
  }
}

TEST(Help, NoLineIsWiderThanATerminalUsuallyIs) {
  for (const std::string& name : command_names()) {
    std::istringstream lines(glimpse_program({name, "--help"}).out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 140u) << name << ": " << line;
  }
}

TEST(Help, VersionAndNothing) {
  const Outcome version = glimpse_program({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out, "glimpse " GLIMPSE_VERSION "\n");
  EXPECT_EQ(glimpse_program({"help"}).out, glimpse_program({"--help"}).out);
  EXPECT_EQ(glimpse_program({"help", "bench"}).out, glimpse_program({"bench", "--help"}).out);
  const Outcome nothing = glimpse_program({});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_NE(nothing.err.find("Subcommands:"), nothing.err.npos);
}

TEST(Kernels, JsonHoldsTheWholeRegistry) {
  const Json json = json_of({"kernels", "--device", "cpu", "--json"});
  EXPECT_EQ(json["device"]["kind"], "cpu");
  ASSERT_EQ(json["ops"].size(), ops().size());
  for (size_t i = 0; i < ops().size(); ++i) {
    const OpBase& op = *ops()[i];
    const Json& seen = json["ops"][i];
    EXPECT_EQ(seen["name"], op.name());
    std::set<std::string> names;
    for (const Json& v : seen["variants"]) {
      names.insert(v["name"]);
      EXPECT_EQ(v["runs_here"].get<bool>(), !v.contains("reason")) << op.name();
      EXPECT_EQ(v["file"].get<std::string>().rfind(std::string("kernels/") + op.name(), 0), 0u) << v["file"];
    }
    for (const VariantInfo& v : op.variants()) EXPECT_TRUE(names.count(v.name)) << op.name() << " " << v.name;
    for (const Json& shape : seen["shapes"]) {
      const Json& chosen = shape["auto"];
      EXPECT_TRUE(chosen.is_string() && !shape["rejected"].contains(chosen.get<std::string>())) << shape;
    }
  }
}

TEST(Kernels, AutoIsTheHighestPriorityThatDoesNotReject) {
  const Json linear = json_of({"kernels", "linear", "--device", "cpu", "--json"})["ops"][0];
  ASSERT_FALSE(linear["shapes"].empty());
  for (const Json& shape : linear["shapes"]) {
    int best = -1;
    std::string name;
    for (const Json& v : linear["variants"])
      if (!shape["rejected"].contains(v["name"].get<std::string>()) && v["deterministic"] && v["priority"] > best)
        best = v["priority"], name = v["name"];
    EXPECT_EQ(shape["auto"], name) << shape;
  }
}

TEST(Kernels, TextSaysWhyAVariantIsNotTaken) {
  const Outcome o = glimpse_program({"kernels", "linear", "--device", "cpu"});
  EXPECT_EQ(o.status, 0);
  EXPECT_NE(o.out.find("kernels/linear/panel.cpp"), o.out.npos) << o.out;
  EXPECT_NE(o.out.find("a gemv takes up to 8 activation rows"), o.out.npos) << o.out;
}

TEST(Bench, JsonHasEveryVariantAndItsShareOfTheMachine) {
  const Json json = json_of({"bench", "swiglu", "--shape", "M=1,", "--seconds", "0.001", "--hot", "--json"});
  EXPECT_EQ(json["machine"]["mode"], "hot");
  ASSERT_FALSE(json["results"].empty());
  for (const Json& r : json["results"]) {
    EXPECT_EQ(r["op"], "swiglu");
    EXPECT_NE(r["shape"].get<std::string>().find("M=1,"), std::string::npos);
    if (r.contains("error")) continue;  // a figure that the machine cannot reach: refused
    EXPECT_GT(r["us"].get<double>(), 0);
    EXPECT_GT(r["percent_read"].get<double>(), 0);
    EXPECT_NEAR(r["percent_read"], 100 * r["gb_per_s"].get<double>() / r["read_gb_per_s"].get<double>(), 0.1);
    EXPECT_NEAR(r["percent_sgemm"], 100 * r["gflop_per_s"].get<double>() / r["sgemm_gflop_per_s"].get<double>(), 0.1);
  }
}

TEST(Bench, ARowIsPrintedWhenItIsThere) {
  const ScratchDirectory scratch;
  const std::string table = (scratch.path() / "table").string();
  const std::string command = std::string("'") + GLIMPSE_PROGRAM + "' bench rms_norm --seconds 0.001 --hot > '" +
                              table + "' & child=$!; i=0; while [ $i -lt 600 ] && [ $(wc -l < '" + table +
                              "') -lt 5 ]; do sleep 0.1; i=$((i+1)); done; kill -0 $child && echo running; wait $child";
  const Outcome o = run_program("/bin/sh", {"-c", command});
  EXPECT_EQ(o.out, "running\n") << "five lines were there only at the end";
  const std::string text = file_text(table);
  EXPECT_GT(std::count(text.begin(), text.end(), '\n'), 13) << text;
  EXPECT_NE(text.find("of reads"), text.npos) << text;
}

TEST(Bench, WithoutItsProgramItSaysHowToBuildIt) {
  const ScratchDirectory scratch;
  namespace fs = std::filesystem;
  fs::create_directory(scratch.path() / "bin");
  fs::copy(GLIMPSE_PROGRAM, scratch.path() / "bin" / "glimpse");
  for (const fs::directory_entry& e : fs::directory_iterator(fs::path(GLIMPSE_PROGRAM).parent_path()))
    if (e.path().extension() == ".so") fs::create_symlink(e.path(), scratch.path() / "bin" / e.path().filename());
  const std::string program = (scratch.path() / "bin" / "glimpse").string();
  expect_one_sentence(run_program(program, {"bench", "swiglu"}), 1, {"bin/bench_ops is missing", "install"});
  scratch.write("CMakeCache.txt", "");
  expect_one_sentence(run_program(program, {"bench", "swiglu"}), 1,
                      {"cmake --build " + scratch.path().string() + " --target bench_ops"});
}

// The benchmark programs' own flags come first.
TEST(Bench, HelpNamesTheProgramsOwnFlags) {
  const auto directory = std::filesystem::path(GLIMPSE_PROGRAM).parent_path();
  const Outcome ops = run_program(directory / "bench_ops", {"--help"});
  EXPECT_EQ(ops.status, 0);
  for (const char* part : {"--hot", "--threads=N", "--plugin=FILE.so", "--benchmark_filter"})
    EXPECT_NE(ops.out.find(part), ops.out.npos) << part << " in " << ops.out;
}

}  // namespace
}  // namespace glimpse
