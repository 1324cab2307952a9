// The built program `glimpse`, run with its output and its exit status caught.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scratch_directory.h"

namespace glimpse {

struct Outcome {
  int status = -1;       // 128 + signal where one ended it
  std::string out, err;
  long peak_kb = 0;      // memory the process had resident at most
};

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// `input`: the file that is its standard input.
inline Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                           const std::string& input = "/dev/null") {
  const ScratchDirectory scratch;
  const std::string out = (scratch.path() / "out").string(), err = (scratch.path() / "err").string();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) return {};
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), file_text(out), file_text(err),
          used.ru_maxrss};
}

inline Outcome glimpse_program(const std::vector<std::string>& arguments, const std::string& input = "/dev/null") {
  return run_program(GLIMPSE_PROGRAM, arguments, input);
}

// The commands as the program's own help lists them.
inline std::vector<std::string> command_names() {
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

// A refusal: that status, and one line on standard error that holds all the parts.
inline void expect_one_sentence(const Outcome& o, int status, const std::vector<std::string>& parts) {
  EXPECT_EQ(o.status, status) << o.err;
  EXPECT_EQ(o.err.rfind("glimpse: ", 0), 0u) << o.err;
  EXPECT_EQ(o.err.find('\n'), o.err.size() - 1) << "not one line: " << o.err;
  EXPECT_EQ(o.err.find("glimpse: glimpse:"), o.err.npos) << o.err;
  for (const std::string& part : parts)
    EXPECT_NE(o.err.find(part), o.err.npos) << "lacks \"" << part << "\": " << o.err;
}

inline std::string nano_model() { return std::string(GLIMPSE_TEST_DATA) + "/nano"; }

}  // namespace glimpse
