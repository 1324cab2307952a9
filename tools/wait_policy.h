// How OpenMP's threads wait for one another, for the programs of this project: asleep.
#pragma once
#include <unistd.h>

#include <cstdlib>

namespace glimpse {

// The runtime's own choice is to spin, which is ruinous where other programs want the same cores: a spinning thread
// keeps the one that it waits for from running. On two busy cores a 0.5 B model decoded 2 to 20 times as fast asleep.
// The runtime reads its environment before main(), so the program starts itself again, once; an OMP_WAIT_POLICY or
// GOMP_SPINCOUNT that is set stands. First thing in main().
inline void wait_asleep(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", argv);  // returns only where it failed: then they spin
}

}  // namespace glimpse
