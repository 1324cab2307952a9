#include "model/config.h"

#include <gtest/gtest.h>

#include "glimpse/core/error.h"
#include "glimpse/core/safetensors.h"
#include "model/checkpoint.h"
#include "model/generation_config.h"
#include "model/synthetic.h"
#include "scratch_directory.h"

namespace glimpse {
namespace {

const std::string kData = GLIMPSE_TEST_DATA;

std::string error_of(const Json& json) {
  try {
    Glm4vConfig::from_json(json, "config.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Config, ReleasedModelCounts) {
  const Glm4vConfig config = Glm4vConfig::from_json(Json(released_config()), "released");
  EXPECT_EQ(config.parameter_count(), 10292777472);
  EXPECT_EQ(checkpoint_tensors(config).size(), 704u);
  EXPECT_EQ(config.text.kv_bytes_per_token(), 40960);
  EXPECT_EQ(config.text.rotary_dim(), 64);
}

TEST(Config, NestedFlatAndNewFormsMeanTheSame) {
  const Json nested = Json(released_config());
  Json flat = nested;
  flat.erase("text_config");
  for (const auto& [key, value] : nested["text_config"].items()) {
    if (key != "model_type") flat[key] = value;
  }
  flat["rope_scaling"] = {{"type", "default"}, {"mrope_section", {8, 12, 12}}};
  Json parameters = nested;
  for (const char* key : {"rope_theta", "rope_scaling", "partial_rotary_factor"}) parameters["text_config"].erase(key);
  parameters["text_config"]["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 10000.0},
                                                  {"partial_rotary_factor", 0.5}};
  parameters["vision_config"]["rope_parameters"] = {{"rope_type", "axial"}, {"rope_theta", 10000.0}};
  for (const Json& json : {nested, flat, parameters}) {
    const Glm4vConfig config = Glm4vConfig::from_json(json, "config.json");
    EXPECT_EQ(config.text.max_position_embeddings, 65536);
    EXPECT_EQ(config.text.mrope_section, (std::vector<std::int64_t>{8, 12, 12}));
    EXPECT_EQ(config.text.rotary_dim(), 64);
    EXPECT_EQ(config.text.eos_token_id.size(), 4u);
    EXPECT_EQ(config.parameter_count(), 10292777472);
  }
}

TEST(Config, EitherKeyTiesTheHead) {
  for (const char* pointer : {"/tie_word_embeddings", "/text_config/tie_word_embeddings"}) {
    Json json = Json(released_config());
    json[Json::json_pointer(pointer)] = true;
    const Glm4vConfig config = Glm4vConfig::from_json(json, "config.json");
    EXPECT_TRUE(config.tied());
    EXPECT_EQ(checkpoint_tensors(config).size(), 703u);
  }
}

TEST(Config, RefusesWhatTheModelCannotBeBuiltWith) {
  const auto broken = [](const char* pointer, const Json& value) {
    Json json = Json(released_config());
    json[Json::json_pointer(pointer)] = value;
    return error_of(json);
  };
  const std::pair<std::string, const char*> rows[] = {
      {broken("/model_type", "qwen2_vl"), "model_type"},
      {broken("/text_config", 3), "text_config"},
      {broken("/text_config/hidden_size", -1), "hidden_size"},
      {broken("/text_config/hidden_size", 4096.5), "hidden_size"},
      {broken("/text_config/hidden_size", "4096"), "hidden_size"},
      {broken("/text_config/hidden_size", 18446744073709551615u), "hidden_size"},
      {broken("/text_config/num_attention_heads", 31), "multiple"},
      {broken("/text_config/num_key_value_heads", 3), "multiple"},
      {broken("/text_config/num_hidden_layers", 0), "num_hidden_layers"},
      {broken("/text_config/head_dim", 64), "head_dim"},
      {broken("/text_config/hidden_act", "gelu"), "hidden_act"},
      {broken("/text_config/rms_norm_eps", -1.0), "rms_norm_eps"},
      {broken("/text_config/rope_scaling/mrope_section", {8, 12}), "mrope_section"},
      {broken("/text_config/rope_scaling/mrope_section", {8, 12, 13}), "sums to 33"},
      {broken("/text_config/rope_scaling/rope_type", "yarn"), "yarn"},
      {broken("/text_config/partial_rotary_factor", nullptr), "partial_rotary_factor missing"},
      {broken("/text_config/eos_token_id", {151552}), "eos_token_id"},
      {broken("/image_token_id", 200000), "image_token_id"},
      {broken("/dtype", "float16"), "float16"},
      {broken("/vision_config/num_heads", 7), "num_heads"},
      {broken("/vision_config/patch_size", 0), "patch_size"},
      {broken("/vision_config/image_size", 7), "image_size"},
      {broken("/vision_config/out_hidden_size", 2048), "out_hidden_size"},
  };
  for (const auto& [error, part] : rows) {
    EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
    EXPECT_NE(error.find("config.json"), std::string::npos) << error;
  }
}

TEST(Config, HostileJsonIsRefused) {
  for (const std::string& text : {std::string(100000, '['), std::string("{\"a\":1e999}"), std::string("{\"a\":NaN}"),
                                  std::string("{\"a\":\"\xFF\"}"), std::string("{"), std::string()}) {
    EXPECT_THROW(parse_json(text, "config.json"), Error) << text.substr(0, 20);
  }
  EXPECT_THROW(parse_json("[1,2]", "config.json", {.max_bytes = 3, .max_depth = 4}), Error);
}

// 3 bytes of text for a value that takes 125: the number of values is limited too, and judged before parsing.
TEST(Config, JsonOfTooManyValuesIsRefused) {
  std::string text = "[{}";
  while (text.size() < (std::size_t{9} << 20)) text += ",{}";
  text += "]";
  const auto refused = [&](const JsonLimits& limits) {
    try {
      parse_json(text, "huge.json", limits);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused({}).find("huge.json: more than the 4194304 values"), std::string::npos) << refused({});
  text = R"(["a,b,c,[{", 1, {"k": [true, null]}])";  // 6 values; what stands in a string does not count
  EXPECT_EQ(refused({.max_values = 8}), "");
  EXPECT_NE(refused({.max_values = 3}), "");
}

TEST(Config, SmallCheckpointHasExactlyItsTensors) {
  const Glm4vConfig config = Glm4vConfig::from_pretrained(kData + "/nano");
  const Checkpoint checkpoint = Checkpoint::open(kData + "/nano");
  const auto tensors = checkpoint_tensors(config);
  EXPECT_EQ(tensors.size(), checkpoint.tensors().size());
  for (const TensorSpec& tensor : tensors) EXPECT_NO_THROW(checkpoint.view(tensor.name, tensor.shape)) << tensor.name;
  const GenerationConfig generation = GenerationConfig::from_pretrained(kData + "/nano", {});
  EXPECT_TRUE(generation.do_sample);
  EXPECT_EQ(generation.top_k, 2);
  EXPECT_EQ(generation.eos_token_id, (std::vector<std::int64_t>{744, 751, 753, 763}));
  EXPECT_THROW(GenerationConfig::from_json({{"do_sample", true}, {"temperature", 0}}, "g"), Error);
}

TEST(Synthetic, Sparse9bHasTheReleasedSizes) {
  const ScratchDirectory directory;
  write_sparse_9b(directory.path());
  const std::pair<const char*, std::uintmax_t> files[] = {{"model-00001-of-00004.safetensors", 5303216560},
                                                          {"model-00002-of-00004.safetensors", 5303216696},
                                                          {"model-00003-of-00004.safetensors", 5303216696},
                                                          {"model-00004-of-00004.safetensors", 4675994152},
                                                          {"model.safetensors.index.json", 66392}};
  for (const auto& [name, size] : files) EXPECT_EQ(std::filesystem::file_size(directory.path() / name), size) << name;
  const Checkpoint checkpoint = Checkpoint::open(directory.path());
  EXPECT_EQ(checkpoint.total_bytes(), 20585554944u);
  EXPECT_EQ(checkpoint.tensors().size(), 704u);
}

TEST(Synthetic, ValuesFollowTheFormulaFromAnyStart) {
  const TensorSpec tensor{"model.visual.merger.proj.weight", {64, 32}};
  std::vector<bf16> all(2048), part(100);
  synthetic_values(tensor, 1, 0, all);
  synthetic_values(tensor, 1, 500, part);
  for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i].bits, all[500 + i].bits);
}

}  // namespace
}  // namespace glimpse
