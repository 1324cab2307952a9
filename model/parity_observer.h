// Takes the tensors that golden cases name from the ops of a forward pass as they run.
#pragma once
#include <functional>
#include <string>

#include "glimpse/core/run.h"
#include "model/arena.h"
#include "model/parity_table.h"

namespace glimpse {

// What a fused op does not show (a projection before its residual or its rotation, the first of two norms) is computed
// by the same op at the same site once more, just before the model runs it, with arguments that let the piece through:
// no residual, a residual of zeros, position 0. A wrong variant is therefore found at the first piece it gets wrong.
class ParityObserver : public Observer {
 public:
  using Wanted = std::function<bool(const std::string& name)>;
  using Sink = std::function<void(const std::string& name, const ParityRows& rows)>;
  // Every wanted tensor of `layers` text layers goes to `sink`, in order of execution.
  ParityObserver(Run& run, int layers, Wanted wanted, Sink sink);
  ~ParityObserver() override { run_.remove_observer(this); }
  ParityObserver(const ParityObserver&) = delete;

  void before(const Event& event) override;
  void after(const Event& event) override;

 private:
  void take(const std::string& name, const TensorView& rows);
  void projections(const Event& event, const std::vector<std::string>& names);
  void without_residual(const Event& event, const std::string& name);
  void first_norm(const Event& event, const std::string& name);
  void between(const Event& event, const std::string& name);
  TensorView like(const char* buffer, const TensorView& shape);
  TensorView zeros(const char* buffer, const TensorView& shape);

  Run& run_;
  Run pieces_;  // on the same device, by the same plan; observed by nobody
  Arena arena_;
  int layers_;
  Wanted wanted_;
  Sink sink_;
};

}  // namespace glimpse
