// What the commands that need no generation print: help, kernels, bench, completion.
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

// The commands as the program's own help lists them.
std::vector<std::string> commands() {
  const std::string help = glimpse_program({"--help"}).out;
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::vector<std::string> names;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.rfind("  ", 0) == 0) {
    std::istringstream words(line);
    names.emplace_back();
    words >> names.back();
  }
  return names;
}

TEST(Help, EveryCommandHasExamplesThatNameItself) {
  const auto names = commands();
  EXPECT_GE(names.size(), 4u);
  for (const std::string& name : names) {
    const Outcome o = glimpse_program({name, "--help"});
    EXPECT_EQ(o.status, 0) << name;
    EXPECT_NE(o.out.find("Examples:"), o.out.npos) << name;
    EXPECT_NE(o.out.find("glimpse " + name), o.out.npos) << name;
  }
}

TEST(Help, NoLineIsWiderThanATerminalUsuallyIs) {
  for (const std::string& name : commands()) {
    std::istringstream lines(glimpse_program({name, "--help"}).out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 140u) << name << ": " << line;
  }
}

TEST(Help, VersionAndNothing) {
  const Outcome version = glimpse_program({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out, "glimpse " GLIMPSE_VERSION "\n");
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
  EXPECT_GT(json["machine"]["read_gb_per_s"].get<double>(), 0);
  EXPECT_EQ(json["machine"]["mode"], "hot");
  ASSERT_FALSE(json["results"].empty());
  for (const Json& r : json["results"]) {
    EXPECT_EQ(r["op"], "swiglu");
    EXPECT_NE(r["shape"].get<std::string>().find("M=1,"), std::string::npos);
    if (r.contains("error")) continue;  // a figure that the machine cannot reach: refused
    EXPECT_GT(r["us"].get<double>(), 0);
    EXPECT_GT(r["percent_read"].get<double>(), 0);
  }
}

// The words that bash offers for a command line whose last word is being typed.
std::string bash_offers(const std::vector<std::string>& words) {
  const ScratchDirectory scratch;
  scratch.write("glimpse.bash", glimpse_program({"completion", "bash"}).out);
  std::string script = ". '" + (scratch.path() / "glimpse.bash").string() + "'; COMP_WORDS=(glimpse";
  for (const std::string& w : words) script.append(" '").append(w).append("'");
  script += "); COMP_CWORD=" + std::to_string(words.size()) + "; _glimpse; echo \"${COMPREPLY[*]}\"";
  const Outcome o = run_program("/usr/bin/env", {"bash", "-c", script});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
  return o.out;
}

TEST(Completion, BashOffersWhatMayFollow) {
  const auto names = commands();
  const std::string first = bash_offers({""});
  for (const std::string& name : names) EXPECT_NE((" " + first).find(" " + name + " "), std::string::npos) << first;
  EXPECT_EQ(bash_offers({"ker"}), "kernels\n");
  EXPECT_EQ(bash_offers({"kernels", "--devi"}), "--device\n");
  EXPECT_EQ(bash_offers({"kernels", "--device", "c"}), "cpu cuda\n");
  EXPECT_EQ(bash_offers({"completion", "z"}), "zsh\n");
  EXPECT_EQ(bash_offers({"inspect", "-m", nano_model() + "/conf"}), "\n") << "a directory is asked for";
  EXPECT_EQ(bash_offers({"kernels", "--plugin", nano_model() + "/conf"}), nano_model() + "/config.json\n");
}

TEST(Completion, EveryLongOptionIsInEveryScript) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = glimpse_program({"completion", shell}).out;
    for (const std::string option : {"tensors", "plan", "context", "seconds", "plugin"})
      EXPECT_NE(script.find(shell == "fish" ? "-l " + option : "--" + option), std::string::npos) << shell << option;
    const ScratchDirectory scratch;
    const std::string file = scratch.write("script", script).string();
    const Outcome parsed = run_program("/usr/bin/env", {shell, "-n", file});
    const bool no_such_shell = parsed.status == 127;
    EXPECT_TRUE(parsed.status == 0 || no_such_shell) << shell << ": " << parsed.err;
  }
}

}  // namespace
}  // namespace glimpse
