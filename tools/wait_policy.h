// How long OpenMP's threads spin before they sleep, for the programs of this project: some 15 us.
#pragma once
#include <unistd.h>

#include <cstdlib>

namespace glimpse {

// The runtime's own choice, 300 times that, is ruinous where other programs want the same cores: a spinning thread
// keeps the one that it waits for from running. Decoding with a 0.5 B model on two busy cores was seen to take 2 to 20
// times as long; on two idle ones the short spin costs nothing, while none at all costs a fifth. The runtime reads its
// environment before main(), so the program starts itself again, once; an OMP_WAIT_POLICY or GOMP_SPINCOUNT that is set
// stands. First thing in main().
inline void spin_briefly(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  char path[4096] = "";
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return;
  setenv("GOMP_SPINCOUNT", "1000", 1);
  execv(path, argv);  // returns only where it failed: then they spin long
}

}  // namespace glimpse
