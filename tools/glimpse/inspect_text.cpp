// What `glimpse inspect` found, as text and as JSON.
#include "inspect_text.h"

#include <algorithm>
#include <set>

#include "generation_flags.h"
#include "table.h"

namespace glimpse::cli {

namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t n : shape) text.append(text.empty() ? "" : "x").append(std::to_string(n));
  return text.empty() ? "scalar" : text;
}

std::string number(int64_t n) { return std::to_string(n); }

std::string text_line(const Glm4vTextConfig& c) {
  return number(c.num_hidden_layers) + " layers, width " + number(c.hidden_size) + ", " +
         number(c.num_attention_heads) + " heads of " + number(c.head_dim()) + " over " +
         number(c.num_key_value_heads) + " of keys and values, MLP " + number(c.intermediate_size) + ", vocabulary " +
         number(c.vocab_size) + ", context " + number(c.max_position_embeddings);
}

std::string vision_line(const Glm4vVisionConfig& c) {
  return number(c.depth) + " blocks, width " + number(c.hidden_size) + ", " + number(c.num_heads) + " heads of " +
         number(c.head_dim()) + ", patches of " + number(c.patch_size) + "x" + number(c.patch_size) + ", " +
         number(c.spatial_merge_size * c.spatial_merge_size) + " to a token of width " + number(c.out_hidden_size);
}

std::string cache_line(const Glm4vTextConfig& c) {
  const int64_t bf16 = c.kv_bytes_per_token(2), f32 = c.kv_bytes_per_token(4), longest = c.max_position_embeddings;
  return grouped(bf16) + " bytes a token in bf16, " + grouped(f32) + " in f32; the whole context " +
         bytes_text(bf16 * longest) + ", " + bytes_text(f32 * longest);
}

// At most five of many.
void list(Table& table, const char* title, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size() && i < 5; ++i) table.row({i ? "" : title, lines[i]});
  if (lines.size() > 5) table.row({"", std::to_string(lines.size() - 5).append(" more")});
}

}  // namespace

void count_tensors(const Checkpoint& checkpoint, Inspection& found) {
  std::set<std::string> known;
  for (const TensorSpec& spec : checkpoint_tensors(found.config)) {
    known.insert(spec.name);
    const StoredTensor* stored = checkpoint.find(spec.name);
    if (!stored) {
      found.wrong.push_back(spec.name + " is missing");
      continue;
    }
    if (stored->shape != spec.shape)
      found.wrong.push_back(spec.name + " has the shape " + shape_text(stored->shape) +
                            ", the configuration asks for " + shape_text(spec.shape));
    found.parameters += spec.element_count();
    found.bytes += int64_t(stored->bytes);
  }
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    found.bytes_of[tensor.dtype] += int64_t(tensor.bytes);
    if (!known.count(name)) found.unused.push_back(name);
  }
  found.files = checkpoint.file_count();
  found.tensors = checkpoint.tensors().size();
}

std::string inspection_text(const Inspection& f) {
  std::string dtypes;
  for (const auto& [dtype, bytes] : f.bytes_of)
    dtypes.append(dtypes.empty() ? "" : ", ").append(dtype).append(" ").append(bytes_text(bytes));
  Table table("ll");
  table.row({"model", f.directory.string()});
  table.row({"parameters", grouped(f.parameters)});
  table.row({"weights", std::to_string(f.tensors) + " tensors in " + std::to_string(f.files) +
                            (f.files == 1 ? " file: " : " files: ") + dtypes});
  table.row({"text", text_line(f.config.text)});
  table.row({"vision", vision_line(f.config.vision)});
  table.row({"generation", generation_text(f.generation)});
  table.row({"KV cache", cache_line(f.config.text)});
  list(table, "wrong", f.wrong);
  list(table, "not used", f.unused);
  return table.text();
}

OrderedJson inspection_json(const Inspection& f) {
  const Glm4vTextConfig& t = f.config.text;
  const Glm4vVisionConfig& v = f.config.vision;
  return {{"model", f.directory.string()}, {"parameters", f.parameters}, {"bytes", f.bytes}, {"files", f.files},
          {"tensor_count", f.tensors}, {"bytes_by_dtype", f.bytes_of},
          {"text", {{"layers", t.num_hidden_layers}, {"hidden_size", t.hidden_size},
                    {"intermediate_size", t.intermediate_size}, {"heads", t.num_attention_heads},
                    {"kv_heads", t.num_key_value_heads}, {"head_dim", t.head_dim()}, {"vocab_size", t.vocab_size},
                    {"context", t.max_position_embeddings}, {"tied", f.config.tied()}}},
          {"vision", {{"blocks", v.depth}, {"hidden_size", v.hidden_size}, {"heads", v.num_heads},
                      {"patch_size", v.patch_size}, {"merge_size", v.spatial_merge_size},
                      {"out_hidden_size", v.out_hidden_size}}},
          {"kv_bytes_per_token", {{"bf16", t.kv_bytes_per_token(2)}, {"f32", t.kv_bytes_per_token(4)}}},
          {"wrong", f.wrong}, {"unused", f.unused}};
}

std::string tensors_text(const Checkpoint& checkpoint) {
  Table table("lllr");
  for (const auto& [name, t] : checkpoint.tensors())
    table.row({name, t.dtype, shape_text(t.shape), grouped(int64_t(t.bytes))});
  return std::string("\n") + table.text();
}

OrderedJson tensors_json(const Checkpoint& checkpoint) {
  OrderedJson list = OrderedJson::array();
  for (const auto& [name, t] : checkpoint.tensors())
    list.push_back({{"name", name}, {"dtype", t.dtype}, {"shape", t.shape}, {"bytes", t.bytes}});
  return list;
}

}  // namespace glimpse::cli
