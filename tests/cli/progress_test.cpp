// The progress line: drawn and wiped on a terminal, and silent elsewhere.
#include "tools/glimpse/progress.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace glimpse::cli {
namespace {

// What a Progress writes while standard error is `fd`; `shown` is called with it.
template <class F> void with_stderr(int fd, F shown) {
  const int kept = dup(STDERR_FILENO);
  dup2(fd, STDERR_FILENO);
  shown();
  dup2(kept, STDERR_FILENO);
  close(kept);
}

void show_two() {
  Progress progress;
  progress.show("prefill", 512, 4096, "tokens");
  progress.show("prefill", 513, 4096, "tokens");  // within 50 ms: not drawn
  progress.show("prefill", 4096, 4096, "tokens");
}

TEST(Progress, RedrawsOneLineOnATerminalAndWipesIt) {
  int terminal = -1, program = -1;
  ASSERT_EQ(openpty(&terminal, &program, nullptr, nullptr, nullptr), 0);
  setenv("TERM", "xterm", 1);
  with_stderr(program, show_two);
  const std::string want =
      "\rprefill: 512 of 4096 tokens (12%)\033[K\rprefill: 4096 of 4096 tokens (100%)\033[K\r\033[K";
  std::string drawn;
  pollfd waiting{terminal, POLLIN, 0};
  char text[512];
  // A terminal hands out what it has so far.
  while (drawn.size() < want.size() && poll(&waiting, 1, 2000) == 1) {
    const ssize_t n = read(terminal, text, sizeof text);
    ASSERT_GT(n, 0);
    drawn.append(text, size_t(n));
  }
  EXPECT_EQ(drawn, want);
  close(terminal), close(program);
}

TEST(Progress, SaysNothingIntoAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  with_stderr(ends[1], show_two);
  close(ends[1]);
  char text[8];
  EXPECT_EQ(read(ends[0], text, sizeof text), 0);
  close(ends[0]);
}

}  // namespace
}  // namespace glimpse::cli
