// One line on a terminal that says how far a long step is; nothing where standard error is not a terminal.
#include "progress.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "table.h"

namespace glimpse::cli {

namespace {

std::string percent(int64_t done, int64_t total) {
  return total > 0 ? std::string(" (").append(std::to_string(done * 100 / total)).append("%)") : std::string();
}

}  // namespace

Progress::Progress() {
  const char* kind = std::getenv("TERM");
  terminal_ = isatty(STDERR_FILENO) && kind && std::strcmp(kind, "dumb") != 0;
}

void Progress::show(const std::string& step, int64_t done, int64_t total, const char* unit) {
  std::string line = step + ": " + std::to_string(done);
  if (total > 0) line.append(" of ").append(std::to_string(total));
  draw(line.append(" ").append(unit).append(percent(done, total)), total > 0 && done >= total);
}

void Progress::show_bytes(const std::string& step, int64_t done, int64_t total) {
  draw(step + ": " + bytes_text(done) + " of " + bytes_text(total) + percent(done, total), done >= total);
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Progress::draw(const std::string& line, bool now) {
  if (!terminal_) return;
  const auto time = std::chrono::steady_clock::now();
  if (!now && drawn_ && time - last_ < std::chrono::milliseconds(50)) return;
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true, last_ = time;
}

void show_loading(int64_t done, int64_t total) {
  static Progress progress;
  progress.show_bytes("loading", done, total);
  if (done >= total) progress.clear();
}

}  // namespace glimpse::cli
