#include "printer.h"

#include <unistd.h>

#include <cstdio>

#include "model/output_parser.h"

namespace glimpse::cli {

void add_shown_flags(CLI::App& command, ShownFlags& flags) {
  command.add_flag("--answer", flags.answer, "print the final answer only, without the thoughts before it");
  command.add_flag("--show-thinking", flags.thinking, "print the thoughts, a blank line and the answer, no tags")
      ->excludes("--answer");
}

void Printer::push(TokenId id) {
  const std::string piece = decoder_.push(id);
  if (shown_ == Shown::text) progress_.clear();
  else progress_.show("answering", ++tokens_, 0, "tokens");
  print(piece);
}

void Printer::finish() {
  progress_.clear();
  print(decoder_.finish());
  if (shown_ == Shown::nothing) return;
  const ParsedOutput parsed = parse_output(text_);
  if (shown_ == Shown::spans && !parsed.thinking.empty())
    std::printf(isatty(STDOUT_FILENO) ? "\x1b[2m%s\x1b[0m\n\n" : "%s\n\n", parsed.thinking.c_str());
  if (shown_ != Shown::text) std::fputs(parsed.answer.c_str(), stdout);
  std::fputs("\n", stdout);
  std::fflush(stdout);
  if (shown_ != Shown::text && parsed.answer.empty() && !parsed.thinking.empty())
    std::fputs("glimpse: the tokens ended in the thought; raise --max-new-tokens or set --max-thinking\n", stderr);
}

void Printer::print(const std::string& piece) {
  text_ += piece;
  if (shown_ != Shown::text || piece.empty()) return;
  std::fputs(piece.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace glimpse::cli
