// The program `glimpse`: registers the commands, runs one, and turns every error into one sentence on standard error.
// Exit status: 0 done, 1 it failed, 2 the command line was not understood.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>

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

int run(CLI::App& app, int argc, char** argv, const int& status) {
  if (argc < 2) {
    std::fputs(app.help().c_str(), stderr);
    return 2;
  }
  try {
    app.parse(argc, argv);
    GLIMPSE_CHECK(std::fflush(stdout) == 0 && !std::ferror(stdout), "standard output cannot be written: %s",
                  std::strerror(errno));
    return status;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "glimpse: %s\n", glimpse::cli::plain_line(glimpse::cli::usage_sentence(app, error)).c_str());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "glimpse: out of memory; a smaller picture or context needs less\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "glimpse: %s\n", glimpse::cli::plain_line(error.what()).c_str());
  }
  return 1;
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
