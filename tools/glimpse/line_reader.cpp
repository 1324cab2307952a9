#include "line_reader.h"

#include <editline/readline.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace glimpse::cli {

constexpr int kHistoryLines = 1000;

LineReader::LineReader(std::filesystem::path history)
    : history_(std::move(history)), interactive_(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
  if (!interactive_) return;
  using_history();
  stifle_history(kHistoryLines);
  if (!history_.empty()) read_history(history_.c_str());
}

LineReader::~LineReader() {
  if (!interactive_ || history_.empty()) return;
  std::error_code ignored;  // history is a convenience: no home, no history
  std::filesystem::create_directories(history_.parent_path(), ignored);
  write_history(history_.c_str());
}

std::optional<std::string> LineReader::read(const char* prompt) {
  if (!interactive_) {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }
  char* typed = readline(prompt);
  if (!typed) return std::nullopt;
  std::string line = typed;
  std::free(typed);
  if (!line.empty()) add_history(line.c_str());
  return line;
}

std::filesystem::path history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && *state) return std::filesystem::path(state) / "glimpse" / "history";
  const char* home = std::getenv("HOME");
  return home && *home ? std::filesystem::path(home) / ".local" / "state" / "glimpse" / "history" : "";
}

}  // namespace glimpse::cli
