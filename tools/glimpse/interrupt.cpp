#include "interrupt.h"

#include <csignal>

namespace glimpse::cli {

namespace {

volatile std::sig_atomic_t flag = 0;

void on_interrupt(int signal) {
  flag = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void end_at_interrupts() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

bool interrupted() { return flag != 0; }

void clear_interrupt() {
  flag = 0;
  catch_interrupts();
}

}  // namespace glimpse::cli
