// Runs the blocks of one launch.
#pragma once

#include "exec.h"

namespace ptxvm {

void run_grid(const Launch& launch, bool cooperative, LaunchResult* result);

}  // namespace ptxvm
