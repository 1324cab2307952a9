// How many threads an action starts and leaves waiting, as OpenMP and FFmpeg do.
#pragma once
#include <filesystem>
#include <iterator>
#include <thread>

namespace glimpse {

inline int process_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

// Runs `action` on a thread of its own, which has no pool yet, and counts before that thread ends.
template <typename Action>
int threads_started(Action&& action) {
  int started = -1;
  std::thread([&] {
    const int before = process_threads();
    action();
    started = process_threads() - before;
  }).join();
  return started;
}

}  // namespace glimpse
