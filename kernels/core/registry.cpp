#include <algorithm>
#include <cstdio>

#include "glimpse/core/op.h"

namespace glimpse {

static std::vector<OpBase*>& registry() {
  static std::vector<OpBase*> all;
  return all;
}

const std::vector<OpBase*>& ops() { return registry(); }

void register_op(OpBase* op) {
  auto& all = registry();
  const auto before = [](const OpBase* a, const OpBase* b) { return std::string_view(a->name()) < b->name(); };
  all.insert(std::upper_bound(all.begin(), all.end(), op, before), op);
}

OpBase& find_op(std::string_view name) {
  std::string names;
  for (OpBase* o : ops()) {
    if (name == o->name()) return *o;
    names += names.empty() ? "" : ", ";
    names += o->name();
  }
  GLIMPSE_FAIL("there is no op named \"%.*s\"; the ops are: %s", int(name.size()), name.data(), names.c_str());
}

int OpBase::find(std::string_view variant) const {
  for (size_t i = 0; i < infos_.size(); ++i)
    if (infos_[i].name == variant) return int(i);
  return -1;
}

bool OpBase::rejected(int v, const void* args, const DeviceInfo& device, Reason& reason) const {
  const VariantInfo& info = infos_[size_t(v)];
  if (info.device != Device::any && info.device != device.kind)
    return reason.set("it is a %s variant, the device is %s", name_of(info.device), name_of(device.kind));
  if (info.device == Device::cuda && !info.arch.runs_on(device.sm))
    return reason.set("it needs compute capability %s%d.%d, the device has %d.%d", info.arch.exact ? "exactly " : "",
                      (info.arch.exact ? info.arch.exact : info.arch.min) / 10,
                      (info.arch.exact ? info.arch.exact : info.arch.min) % 10, device.sm / 10, device.sm % 10);
  if (const uint32_t missing = info.isa & ~device.isa; device.kind == Device::cpu && missing)
    return reason.set("this processor lacks %s", missing & kIsaAmxBf16    ? "AMX-BF16"
                                                 : missing & kIsaAvx512Bf16 ? "AVX512-BF16"
                                                 : missing & kIsaAvx512     ? "AVX-512"
                                                                            : "AVX2 or FMA");
  return args && variant_rejects(v, args, device, reason);
}

int OpBase::choose(const void* args, const DeviceInfo& device, Reason& reason) const {
  int best = -1;
  for (int v = 0; v < int(infos_.size()); ++v) {
    const VariantInfo& info = infos_[size_t(v)];
    if (info.priority < 0 || !info.deterministic) continue;
    if (best >= 0 && infos_[size_t(best)].priority >= info.priority) continue;
    Reason why;
    if (!rejected(v, args, device, why)) best = v;
    else std::snprintf(reason.text, sizeof reason.text, "%.40s: %.140s", info.name.c_str(), why.text);
  }
  return best;
}

}  // namespace glimpse
