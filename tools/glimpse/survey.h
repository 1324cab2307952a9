// What every variant of an op says to the op's bench shapes on one device: runs, or why not; and what auto picks.
#pragma once
#include <string>
#include <vector>

#include "glimpse/core/op.h"

namespace glimpse::cli {

struct ShapeSurvey {
  std::string label;
  Cost cost;
  int picked = -1;                    // index of the variant that auto picks; -1: none takes the shape
  std::string none;                   // then why
  std::vector<std::string> rejected;  // by variant: why not; empty: it takes the shape
};

struct OpSurvey {
  const OpBase* op = nullptr;
  std::vector<std::string> absent;    // by variant: why it runs nowhere on this device; empty: it may run
  std::vector<ShapeSurvey> shapes;    // by work: the smallest (a decode step) first, the largest (prefill) last
};

// Asks without running anything; the shapes' tensors are address space that nobody touches.
OpSurvey survey(const OpBase& op, const DeviceInfo& device);

}  // namespace glimpse::cli
