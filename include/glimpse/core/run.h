// Run executes ops: contract check, choice of the variant (plan, else auto), observers, workspace.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/context.h"
#include "glimpse/core/observer.h"
#include "glimpse/core/plan.h"

namespace glimpse {

class OpBase;
template <class Args> const OpBase& op_of();  // defined by the op's ref.cpp

class Run {
 public:
  // threads: 0 = all this process may use (affinity and cgroup quota).
  explicit Run(Backend& backend, Plan plan = {}, int threads = 0);

  // Runs one op at a site of the model.
  template <class Args> void operator()(const Args& args, const char* path, int layer = -1) {
    execute(op_of<Args>(), &args, Site{path, layer});
  }
  void execute(const OpBase& op, const void* args, Site site);

  // For `split` variants, through run_inner and workspace_of.
  void execute_inner(const OpBase& op, const void* args, Context& outer, const char* inner);
  size_t workspace(const OpBase& op, const void* args, Context& outer, const char* inner);

  // The variant for these arguments here; throws Error with the reason where a forced one cannot run.
  int choose(const OpBase& op, const void* args, Site site) const;

  // Dry: contracts are checked, variants chosen and their declared workspaces taken, but nothing is computed and no
  // tensor is read, so that a model's memory is planned by the code that will use it. Inner ops are seen by the
  // observers when their workspace is asked for.
  void set_dry(bool dry) { dry_ = dry; }
  void add_observer(Observer* observer) { observers_.push_back(observer); }
  void remove_observer(Observer* observer) { std::erase(observers_, observer); }
  // A part of the program, told to the observers while it lives.
  class Phase {
   public:
    Phase(Run& run, const char* name) : run_(run) {
      for (Observer* o : run_.observers_) o->enter(name);
    }
    ~Phase() {
      for (Observer* o : run_.observers_) o->leave();
    }
    Phase(const Phase&) = delete;
    Phase& operator=(const Phase&) = delete;

   private:
    Run& run_;
  };
  // Whether an observer must see the ops of every step.
  bool every_step_observed() const {
    return std::any_of(observers_.begin(), observers_.end(), [](const Observer* o) { return o->every_step(); });
  }
  Backend& backend() { return backend_; }
  const DeviceInfo& device() const { return backend_.info(); }
  Workspace& workspace() { return workspace_; }
  const Plan& plan() const { return plan_; }
  int threads() const { return threads_; }

 private:
  void run_variant(const OpBase& op, int variant, const void* args, Site site);
  Backend& backend_;
  Plan plan_;
  int threads_;
  bool dry_ = false;
  Workspace workspace_;
  StateStore states_;
  std::vector<Observer*> observers_;
};

}  // namespace glimpse
