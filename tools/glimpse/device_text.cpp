// A device in words, and as JSON.
#include "device_text.h"

#include "table.h"

namespace glimpse::cli {

std::string isa_text(uint32_t isa) {
  std::string names;
  const auto add = [&](uint32_t bit, const char* name) {
    if (isa & bit) names.append(names.empty() ? "" : " ").append(name);
  };
  add(kIsaAvx2, "avx2");
  add(kIsaAvx512, "avx512");
  add(kIsaAvx512Bf16, "avx512_bf16");
  add(kIsaAmxBf16, "amx_bf16");
  return names.empty() ? "base" : names;
}

std::string device_text(const DeviceInfo& d) {
  std::string text = std::string(name_of(d.kind)) + ": " + d.name;
  if (d.kind == Device::cpu) return text + ", " + std::to_string(d.threads) + " threads, " + isa_text(d.isa);
  text += ", sm_" + std::to_string(d.sm) + ", " + bytes_text(d.memory_bytes);
  return d.is_virtual ? text + ", virtual" : text;
}

OrderedJson device_json(const DeviceInfo& d) {
  OrderedJson json = {{"kind", name_of(d.kind)}, {"name", d.name}, {"memory_bytes", d.memory_bytes}};
  if (d.kind == Device::cpu) {
    json["isa"] = isa_text(d.isa);
    json["threads"] = d.threads;
  } else {
    json["sm"] = d.sm;
    json["multiprocessors"] = d.sm_count;
    json["virtual"] = d.is_virtual;
  }
  return json;
}

}  // namespace glimpse::cli
