// Ctrl-C: the first one asks for an end, the second ends the program at once.
#pragma once

namespace glimpse::cli {

// From now on the first interrupt only sets a flag.
void catch_interrupts();
bool interrupted();
// Forgets the interrupt and waits for the next.
void clear_interrupt();

// Thrown where a step is given up because of it.
struct Interrupted {};

constexpr int kInterruptedStatus = 130;  // what shells expect of an interrupted program

}  // namespace glimpse::cli
