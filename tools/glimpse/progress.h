// One line on a terminal that says how far a long step is; nothing where standard error is not a terminal.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace glimpse::cli {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "prefill: 512 of 4096 tokens (12%)", redrawn at most twenty times a second, and at the end. `total` 0: unknown.
  void show(const std::string& step, int64_t done, int64_t total, const char* unit);
  // The same for bytes: "loading: 1.20 GB of 20.59 GB (5%)".
  void show_bytes(const std::string& step, int64_t done, int64_t total);
  // Wipes the line, before anything else is printed.
  void clear();

 private:
  void draw(const std::string& line, bool now);
  bool terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

// For load_weights (model/weights.h), which takes a plain function.
void show_loading(int64_t done, int64_t total);

}  // namespace glimpse::cli
