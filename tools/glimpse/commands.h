// The commands of the program. Each add_... registers one subcommand; its callback throws glimpse::Error for bad input
// and sets `status`, the program's exit status, where it has something else to say (parity beyond its bound: 1).
#pragma once

namespace CLI {
class App;
}

namespace glimpse::cli {

void add_run(CLI::App& app, int& status);
void add_chat(CLI::App& app, int& status);
void add_batch(CLI::App& app, int& status);
void add_kernels(CLI::App& app, int& status);
void add_inspect(CLI::App& app, int& status);
void add_parity(CLI::App& app);
void add_bench(CLI::App& app, int& status);
void add_completion(CLI::App& app, int& status);

}  // namespace glimpse::cli
