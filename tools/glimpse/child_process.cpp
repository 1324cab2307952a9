// A program beside this one, run with its standard output read as it comes.
#include "child_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "glimpse/core/error.h"

extern char** environ;

namespace glimpse::cli {

namespace fs = std::filesystem;

int run_sibling(const std::string& name, const std::vector<std::string>& arguments,
                const std::function<void(const std::string&)>& read) {
  const fs::path directory = fs::read_symlink("/proc/self/exe").parent_path(), path = directory / name;
  if (!fs::exists(path)) {
    const fs::path build = directory.parent_path();
    GLIMPSE_CHECK(!fs::exists(build / "CMakeCache.txt"), "%s is missing; build it: cmake --build %s --target %s",
                  path.c_str(), build.c_str(), name.c_str());
    GLIMPSE_FAIL("%s is missing; build its target, then install again", path.c_str());
  }
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  GLIMPSE_CHECK(pipe(ends) == 0, "no pipe for %s: %s", path.c_str(), std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child = 0;
  const int error = posix_spawn(&child, path.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  char buffer[4096];
  ssize_t n = 0;
  while (!error && ((n = ::read(ends[0], buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0) read(std::string(buffer, size_t(n)));
  close(ends[0]);
  GLIMPSE_CHECK(error == 0, "%s cannot be started: %s", path.c_str(), std::strerror(error));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace glimpse::cli
