// A memory plan, as text and as JSON.
#include <algorithm>

#include "device_text.h"
#include "inspect_text.h"
#include "table.h"

namespace glimpse::cli {

std::string plan_text(const MemoryPlan& plan, const DeviceInfo& device) {
  Table table("lr");
  auto buffers = plan.buffers;
  std::stable_sort(buffers.begin(), buffers.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  int64_t rest = 0;
  int small = 0;
  for (const auto& [name, bytes] : buffers) {
    if (bytes >= plan.peak / 1000) table.row({name, bytes_text(bytes)});
    else rest += bytes, ++small;
  }
  if (small) table.row({std::to_string(small) + " smaller buffers", bytes_text(rest)});
  table.row({"decode step", bytes_text(plan.decode)});
  table.row({"kernels' workspace", bytes_text(plan.workspace)});
  table.row({"KV cache", bytes_text(plan.kv_cache)});
  table.row({"weights, copied", bytes_text(plan.owned)});
  table.row({"peak", bytes_text(plan.peak)});
  if (plan.mapped) table.row({"weights, mapped", bytes_text(plan.mapped)});
  table.row({"in all", bytes_text(plan.peak + plan.mapped)});
  table.row({"memory here", bytes_text(device.memory_bytes)});
  std::string text = "\nplan on " + device_text(device) + "\n" + std::to_string(plan.context) + " tokens in steps of " +
                     std::to_string(plan.chunk) + ", " + name_of(plan.dtype) + " activations and cache\n";
  const auto size = [](int64_t width, int64_t height) { return std::to_string(width) + "x" + std::to_string(height); };
  for (const PlannedPicture& p : plan.pictures) {
    const bool smaller = p.model_width * p.model_height < p.width * p.height;
    text += "picture " + size(p.width, p.height) + ": " + (smaller ? "shrunk" : "stretched") + " to " +
            size(p.model_width, p.model_height) + ", " + std::to_string(p.patches) + " patches, " +
            std::to_string(p.tokens) + " tokens\n";
  }
  text += table.text(2);
  if (plan.peak + plan.mapped > device.memory_bytes)
    text.append("that is more than there is: give a smaller --context or --image")
        .append(plan.dtype == DType::f32 ? ", or --dtype bf16\n" : "\n");
  return text;
}

OrderedJson plan_json(const MemoryPlan& plan, const DeviceInfo& device) {
  OrderedJson json = {{"device", device_json(device)}, {"dtype", name_of(plan.dtype)}, {"context", plan.context},
                      {"prefill_chunk", plan.chunk},
                      {"pictures", OrderedJson::array()}, {"buffers", OrderedJson::object()},
                      {"decode_bytes", plan.decode}, {"workspace_bytes", plan.workspace},
                      {"kv_cache_bytes", plan.kv_cache},
                      {"copied_weight_bytes", plan.owned}, {"peak_bytes", plan.peak},
                      {"mapped_weight_bytes", plan.mapped}, {"total_bytes", plan.peak + plan.mapped}};
  for (const PlannedPicture& p : plan.pictures)
    json["pictures"].push_back(
        {{"width", p.width}, {"height", p.height}, {"model_width", p.model_width}, {"model_height", p.model_height},
         {"patches", p.patches}, {"tokens", p.tokens}});
  for (const auto& [name, bytes] : plan.buffers) json["buffers"][name] = bytes;
  return json;
}

}  // namespace glimpse::cli
