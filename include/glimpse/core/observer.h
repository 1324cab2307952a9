// Observers see every op before and after it runs: parity, drift, profile, capture and guards are observers.
#pragma once
#include "glimpse/core/context.h"

namespace glimpse {

class OpBase;
class Run;

struct Event {
  const OpBase& op;
  int variant;       // index into op.variants()
  const void* args;  // op.visit(const_cast<void*>(args), ...) enumerates the tensors
  Site site;
  int depth;         // 0: called by the model; 1 and more: inner ops of a split variant
  Run& run;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void before(const Event&) {}
  virtual void after(const Event&) {}
};

}  // namespace glimpse
