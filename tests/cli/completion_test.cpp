// glimpse completion: what each shell offers for a command line that is being typed.
#include <gtest/gtest.h>

#include <filesystem>

#include "program.h"

namespace glimpse {
namespace {

bool has_shell(const std::string& name) { return run_program("/usr/bin/env", {name, "-c", "true"}).status == 0; }

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
  const auto names = command_names();
  const std::string first = bash_offers({""});
  for (const std::string& name : names) EXPECT_NE(first.find(name), first.npos) << first;
  EXPECT_EQ(bash_offers({"ker"}), "kernels\n");
  EXPECT_EQ(bash_offers({"kernels", "--devi"}), "--device\n");
  EXPECT_EQ(bash_offers({"kernels", "--device", "c"}), "cpu cuda\n");
  EXPECT_EQ(bash_offers({"completion", "z"}), "zsh\n");
  EXPECT_EQ(bash_offers({"inspect", "-m", nano_model() + "/conf"}), "\n") << "a directory is asked for";
  EXPECT_EQ(bash_offers({"kernels", "--plugin", nano_model() + "/conf"}), nano_model() + "/config.json\n");
  EXPECT_NE(bash_offers({"kernels", ""}).find(" linear_swiglu "), std::string::npos);
}

// bash hands over "--kernel attention=sc" as four words.
TEST(Completion, BashOffersKernelRules) {
  EXPECT_NE(bash_offers({"run", "--kernel", ""}).find(" attention=scalar "), std::string::npos);
  EXPECT_EQ(bash_offers({"run", "--kernel", "attention=scal"}), "attention=scalar\n");
  EXPECT_EQ(bash_offers({"run", "--kernel", "attention", "=", "scal"}), "scalar\n");
  EXPECT_EQ(bash_offers({"run", "--kernel", "attention.text[1-2]", "=", "scal"}), "scalar\n");
  EXPECT_EQ(bash_offers({"run", "--kernel", "=", "attention", "=", "scal"}), "scalar\n");
  EXPECT_EQ(bash_offers({"run", "--kernel", "=", "attention=scal"}), "attention=scalar\n");
  EXPECT_EQ(bash_offers({"run", "--device", "=", "c"}), "cpu cuda\n");
  EXPECT_EQ(bash_offers({"run", "--device", "="}), "auto cpu cuda\n");
}

// What another shell offers, one a line.
std::string offers(const std::string& shell, const std::string& line) {
  const ScratchDirectory scratch;
  const std::string script = scratch.write("script", glimpse_program({"completion", shell}).out).string();
  const std::string zsh_offers = std::string(GLIMPSE_TEST_DATA) + "/../cli/zsh_offers.zsh";
  const Outcome o =
      shell == "zsh" ? run_program("/usr/bin/timeout", {"60", "zsh", "-f", zsh_offers, script, line})
                     : run_program("/usr/bin/env", {"fish", "-c", ". '" + script + "'; complete -C '" + line + "'"});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
  return std::string("\n").append(o.out);
}

class OtherShell : public testing::TestWithParam<const char*> {};

TEST_P(OtherShell, OffersWhatMayFollow) {
  const std::string shell = GetParam();
  if (!has_shell(shell)) GTEST_SKIP() << shell << " is not installed";
  const auto expect = [&](const std::string& line, const std::vector<std::string>& words) {
    const std::string all = offers(shell, line);
    for (const std::string& word : words)
      EXPECT_NE(all.find(std::string("\n").append(word)), all.npos) << word << " for " << line << all;
    return all;
  };
  expect("glimpse ", command_names());
  expect("glimpse kernels --devi", {"--device"});
  const std::string devices = expect("glimpse kernels --device ", {"auto", "cpu", "cuda"});
  EXPECT_EQ(devices.find("--device"), devices.npos) << devices;
  expect("glimpse run --kernel attention=", {"attention=scalar"});
  expect("glimpse kernels lin", {"linear", "linear_swiglu"});
  expect("glimpse completion ", {"bash", "zsh", "fish"});
  const std::string file = expect("glimpse batch " + nano_model() + "/conf", {""});
  EXPECT_NE(file.find("config.json"), file.npos) << file;
}

INSTANTIATE_TEST_SUITE_P(Completion, OtherShell, testing::Values("zsh", "fish"),
                         [](const auto& i) { return std::string(i.param); });

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
