// ptxvm_bench: the figures of the virtual GPU itself. Those of one thread are for each second of processor time, so
// that a busy machine matters less; rounds of all cases are interleaved, and the median is printed. Nothing here says
// how fast a GPU is.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Case {
  const char *title, *unit, *options, *program;
  double scale;  // 0: seconds of the whole process; otherwise what is counted, a second
  double work;   // 0: thread instructions of one launch
};

constexpr double kMmas = 64.0 * 4 * 256 * 8;  // of one launch of mma
constexpr Case kCases[] = {
    {"arithmetic", "G thread instructions/s", "--threads 1", "kernels alu", 1e-9, 0},
    {"FlashAttention-2 class kernel, --rounding hardware", "G thread instructions/s", "--threads 1",
     "kernels attention", 1e-9, 0},
    {"FlashAttention-2 class kernel, --rounding exact", "G thread instructions/s", "--threads 1 --rounding exact",
     "kernels attention", 1e-9, 0},
    {"mma.m16n8k16, --rounding hardware", "M/s", "--threads 1", "kernels mma", 1e-6, kMmas},
    {"mma.m16n8k16, --rounding exact", "M/s", "--threads 1 --rounding exact", "kernels mma", 1e-6, kMmas},
    {"start-up, an executable with 200 kernels", "ms", "", "many_kernels", 0, 0},
    {"FlashAttention-2 class kernel, --check mem,init", "G thread instructions/s", "--threads 1 --check mem,init",
     "kernels attention", 1e-9, 0},
    {"arithmetic, all host threads", "G thread instructions/s", "", "kernels alu", 1e-9, 0}};

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  return pclose(pipe) == 0 ? text : "failed: " + text;
}

// The number after a word, or 0.
double number_after(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + word.size());
}

double measure(const Case& c) {
  const auto start = std::chrono::steady_clock::now();
  const std::string text =
      output_of(std::string(PTXVM_LAUNCHER " --stats ") + c.options + " " PTXVM_PROGRAMS "/" + c.program);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (text.starts_with("failed")) {
    std::fprintf(stderr, "ptxvm_bench: %s %s: %s\n", c.options, c.program, text.c_str());
    std::exit(1);
  }
  if (c.scale == 0) return whole * 1e3;
  const double work = c.work != 0 ? c.work : number_after(text, "warp instructions, ") / 2;  // of two launches
  const bool one_thread = std::string(c.options).starts_with("--threads 1");
  return work / number_after(text, one_thread ? "of the processor " : "seconds ") * c.scale;
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 5;
  std::map<const Case*, std::vector<double>> figures;
  for (int round = 0; round < rounds; ++round)
    for (const auto& c : kCases) figures[&c].push_back(measure(c));
  for (const auto& c : kCases) {
    auto& f = figures[&c];
    std::sort(f.begin(), f.end());
    std::printf("%-55s %8.2f %s (%.2f to %.2f)\n", c.title, f[f.size() / 2], c.unit, f.front(), f.back());
  }
  std::printf("median of %d rounds; %u host threads\n", rounds, std::thread::hardware_concurrency());
}
