// What a variant's run() gets besides its arguments.
#pragma once
#include "glimpse/core/device_info.h"
#include "glimpse/core/workspace.h"

namespace glimpse {

class Run;

// Where in the model an op stands: "text.mlp", layer 17; inner ops of a fused one extend the path: "text.mlp/gate".
struct Site {
  const char* path = "";
  int layer = -1;  // -1: not in a layer
};

// Lazily made objects, one per type and context; destroyed with the context.
class StateStore {
 public:
  ~StateStore();
  void* get(const void* key, void* (*make)(), void (*destroy)(void*));

 private:
  struct Node;
  Node* head_ = nullptr;
};

struct Context {
  const DeviceInfo& device;
  void* stream;  // cudaStream_t; unused on the CPU
  Workspace& workspace;
  StateStore& states;
  int threads;  // CPU threads to use
  Run* run;     // executes inner ops of `split` variants
  Site site;

  // The variant's own state in this context (a library handle, an algorithm cache, ...); variants hold none themselves.
  template <class T> T& state() {
    static const char key = 0;
    return *static_cast<T*>(states.get(
        &key, []() -> void* { return new T; }, [](void* p) { delete static_cast<T*>(p); }));
  }
};

}  // namespace glimpse
