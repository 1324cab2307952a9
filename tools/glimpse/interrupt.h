// Ctrl-C: the first one asks for an end, the second ends the program at once.
#pragma once
#include "glimpse/core/observer.h"

namespace glimpse::cli {

// From now on an interrupt ends the program at once, also where a shell starts its background jobs without.
void end_at_interrupts();
// From now on the first interrupt only sets a flag.
void catch_interrupts();
bool interrupted();
// Forgets the interrupt and waits for the next.
void clear_interrupt();

// Thrown where a step is given up because of it.
struct Interrupted {};

// Gives up a prompt in the middle: between two ops, while it is on. A decode step is not left half done.
class InterruptCheck final : public Observer {
 public:
  void before(const Event&) override {
    if (on && interrupted()) throw Interrupted();
  }
  bool every_step() const override { return false; }
  bool on = false;
};

constexpr int kInterruptedStatus = 130;  // what shells expect of an interrupted program

}  // namespace glimpse::cli
