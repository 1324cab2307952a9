// Lines typed by a person, with editing and history where both ends are terminals; plain lines from a pipe.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace glimpse::cli {

class LineReader {
 public:
  // The history of earlier runs is read from `history` and kept there.
  explicit LineReader(std::filesystem::path history);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  // The next line without its end; none at the end of the input.
  std::optional<std::string> read(const char* prompt);
  bool interactive() const { return interactive_; }

 private:
  std::filesystem::path history_;
  bool interactive_;
};

// $XDG_STATE_HOME/glimpse/history, else ~/.local/state/glimpse/history; empty where there is no home.
std::filesystem::path history_path();

}  // namespace glimpse::cli
