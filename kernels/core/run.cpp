#include "glimpse/core/run.h"

#include "glimpse/core/op.h"

namespace glimpse {

Run::Run(Backend& backend, Plan plan, int threads)
    : backend_(backend),
      plan_(std::move(plan)),
      threads_(threads > 0 ? threads : usable_threads()),
      workspace_(backend.allocator()) {}

int Run::choose(const OpBase& op, const void* args, Site site) const {
  Reason reason;
  const std::string_view name = plan_.forced(op.name(), site);
  if (name.empty()) {
    const int v = op.choose(args, device(), reason);
    GLIMPSE_CHECK(v >= 0, "no variant of %s takes these arguments at %s on %s (%s)", op.name(), site.path,
                  device().name, reason.text);
    return v;
  }
  const int v = op.find(name);
  GLIMPSE_CHECK(v >= 0, "%s has no variant named %.*s", op.name(), int(name.size()), name.data());
  GLIMPSE_CHECK(!op.rejected(v, args, device(), reason), "%s=%.*s cannot run at %s, layer %d: %s", op.name(),
                int(name.size()), name.data(), site.path, site.layer, reason.text);
  return v;
}

static int depth_of(const Site& site) {
  int depth = 0;
  for (const char* c = site.path; *c; ++c) depth += *c == '/';
  return depth;
}

void Run::run_variant(const OpBase& op, int variant, const void* args, Site site) {
  const Event event{op, variant, args, site, depth_of(site), *this};
  for (Observer* o : observers_) o->before(event);
  {
    Workspace::Scope scope(workspace_);
    Context ctx{device(), backend_.stream(), workspace_, states_, threads_, this, site};
    if (dry_) workspace_.take(op.workspace(variant, args, ctx));
    else op.run(variant, args, ctx);
  }
  for (Observer* o : observers_) o->after(event);
}

void Run::execute(const OpBase& op, const void* args, Site site) {
  op.check(args);
  run_variant(op, choose(op, args, site), args, site);
}

static std::string inner_path(const Context& outer, const char* inner) {
  return std::string(outer.site.path) + "/" + inner;
}

void Run::execute_inner(const OpBase& op, const void* args, Context& outer, const char* inner) {
  const std::string path = inner_path(outer, inner);
  const Site site{path.c_str(), outer.site.layer};
  op.check(args);
  const int variant = choose(op, args, site);
  if (&outer.workspace == &workspace_) return run_variant(op, variant, args, site);
  // A caller with an arena of its own (a test with guard zones): stay in it.
  Workspace::Scope scope(outer.workspace);
  Context ctx{device(), outer.stream, outer.workspace, outer.states, outer.threads, this, site};
  op.run(variant, args, ctx);
}

size_t Run::workspace(const OpBase& op, const void* args, Context& outer, const char* inner) {
  const std::string path = inner_path(outer, inner);
  const Site site{path.c_str(), outer.site.layer};
  Context ctx{device(), outer.stream, outer.workspace, outer.states, outer.threads, this, site};
  const Event event{op, choose(op, args, site), args, site, depth_of(site), *this};
  if (dry_)
    for (Observer* o : observers_) o->before(event);
  const size_t bytes = op.workspace(event.variant, args, ctx);
  if (dry_)
    for (Observer* o : observers_) o->after(event);
  return bytes;
}

}  // namespace glimpse
