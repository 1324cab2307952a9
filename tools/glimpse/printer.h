// An answer on standard output.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "model/tokenizer.h"
#include "progress.h"

namespace glimpse::cli {

// Nothing; the text as it comes; the answer alone; thoughts and answer without their tags.
enum class Shown { nothing, text, answer, spans };

struct ShownFlags {
  bool answer = false, thinking = false;
  Shown shown() const { return answer ? Shown::answer : thinking ? Shown::spans : Shown::text; }
};

// --answer, --show-thinking.
void add_shown_flags(CLI::App& command, ShownFlags& flags);

// Prints the text as it arrives, or its parts at the end; until then the progress line counts tokens.
class Printer {
 public:
  Printer(const Tokenizer& tokenizer, Shown shown, Progress& progress)
      : decoder_(tokenizer), shown_(shown), progress_(progress) {}
  void push(TokenId id);
  void finish();
  const std::string& text() const { return text_; }

 private:
  void print(const std::string& piece);
  StreamDecoder decoder_;
  Shown shown_;
  Progress& progress_;
  std::string text_;
  int64_t tokens_ = 0;
};

}  // namespace glimpse::cli
