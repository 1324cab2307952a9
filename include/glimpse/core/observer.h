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
  // A part of the program begins ("vision", "prefill", "decode", ...) and ends; parts nest.
  virtual void enter(const char* /*phase*/) {}
  virtual void leave() {}
  // False: seeing an op once at each site is enough, so repeated steps may be replayed as a whole, unseen.
  virtual bool every_step() const { return true; }
};

}  // namespace glimpse
