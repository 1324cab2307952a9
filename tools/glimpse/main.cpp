// The program `glimpse`: registers the commands, runs one, and turns every error into one sentence on standard error.
// Exit status: 0 done, 1 it failed, 2 the command line was not understood.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "commands.h"
#include "glimpse/core/error.h"
#include "usage.h"
#include "tools/wait_policy.h"

namespace {

void add_commands(CLI::App& app, int& status) {
  using namespace glimpse::cli;
  app.set_version_flag("--version", "glimpse " GLIMPSE_VERSION, "show the version");
  app.require_subcommand(1);
  add_run(app, status);
  add_chat(app, status);
  add_batch(app, status);
  add_kernels(app, status);
  add_inspect(app, status);
  add_bench(app, status);
  add_completion(app, status);
  add_parity(app);
  app.footer("glimpse COMMAND --help explains a command, with examples.");
}

int refuse(int status, const std::string& sentence) {
  std::fflush(stdout);  // where both go into one file, what was printed before stands before it
  std::fprintf(stderr, "glimpse: %s\n", glimpse::cli::plain_line(sentence).c_str());
  return status;
}

// "help bench" means "bench --help", "help" alone the program's page; what is no command is refused as one.
std::vector<std::string> words_of(const CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words[0] != "help") return words;
  if (words.size() == 1) return {"--help"};
  const auto same = [&](const CLI::App* command) { return command->get_name() == words[1]; };
  if (app.get_subcommands(same).empty()) return {words[1]};
  return {words[1], "--help"};
}

int run(CLI::App& app, int argc, char** argv, const int& status) {
  if (argc < 2) {
    std::fputs(app.help().c_str(), stderr);
    return 2;
  }
  try {
    std::vector<std::string> words = words_of(app, argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 wants a vector
    app.parse(std::move(words));
    GLIMPSE_CHECK(std::fflush(stdout) == 0 && !std::ferror(stdout), "standard output cannot be written: %s",
                  std::strerror(errno));
    return status;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      return std::cout.flush() ? 0 : refuse(1, "standard output cannot be written");
    }
    return refuse(2, glimpse::cli::usage_sentence(app, error));
  } catch (const std::bad_alloc&) {
    return refuse(1, "out of memory; a smaller picture or context needs less");
  } catch (const std::exception& error) {
    return refuse(1, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  glimpse::spin_briefly(argv);
  CLI::App app("Answers questions about pictures and videos with GLM-4.1V, and shows what its kernels do", "glimpse");
  app.formatter(std::make_shared<glimpse::cli::HelpFormatter>());  // the commands inherit it
  app.set_help_flag("-h,--help", "show this page");
  int status = 0;
  add_commands(app, status);
  return run(app, argc, argv, status);
}
