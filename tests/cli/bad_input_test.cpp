// Whatever is wrong with a command line or a model directory: one sentence that names it and the remedy, and a status.
#include <gtest/gtest.h>

#include <filesystem>

#include "program.h"

namespace glimpse {
namespace {

namespace fs = std::filesystem;

struct Bad {
  const char* name;
  std::vector<std::string> arguments;
  int status;
  std::vector<std::string> parts;  // of the sentence
};

// gtest prints parameters in failures.
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadCommandLine : public testing::TestWithParam<Bad> {};

TEST_P(BadCommandLine, SaysWhatAndWhatInstead) {
  const Bad& bad = GetParam();
  const Outcome o = glimpse_program(bad.arguments);
  EXPECT_EQ(o.out, "");
  expect_one_sentence(o, bad.status, bad.parts);
}

const std::string kNano = nano_model();

const Bad kBad[] = {
    {"command", {"kernals"}, 2, {"no command \"kernals\"", "did you mean kernels?"}},
    {"command_far", {"teleport"}, 2, {"\"teleport\"", "the commands are", "inspect", "bench"}},
    {"program_option", {"--jason"}, 2, {"no option --jason", "glimpse --help"}},
    {"option_early", {"-m", kNano, "run", "-p", "x"}, 2, {"-m stands before the command", "glimpse run -m"}},
    {"option", {"kernels", "--devise", "cpu"}, 2, {"kernels has no option --devise", "did you mean --device?"}},
    {"option_far", {"kernels", "--qqqqqqq"}, 2, {"kernels has no option --qqqqqqq", "glimpse kernels --help"}},
    {"option_value", {"inspect", "--modle=x"}, 2, {"--model"}},
    {"device", {"kernels", "--device", "tpu"}, 2, {"--device", "tpu", "auto,cpu,cuda"}},
    {"dtype", {"inspect", "-m", kNano, "--dtype", "f16"}, 2, {"--dtype", "f16", "f32,bf16"}},
    {"threads_text", {"kernels", "--threads", "many"}, 2, {"--threads", "many"}},
    {"threads_negative", {"kernels", "--threads", "-3"}, 2, {"--threads"}},
    {"no_model", {"inspect"}, 2, {"--model is required"}},
    {"no_value", {"inspect", "-m"}, 2, {"--model"}},
    {"extra_argument", {"inspect", "-m", kNano, "more"}, 2, {"no place for the argument \"more\""}},
    {"shell", {"completion", "tcsh"}, 2, {"tcsh", "bash,zsh,fish"}},
    {"op", {"kernels", "liner"}, 1, {"no op named \"liner\"", "linear"}},
    {"bench_op", {"bench", "liner"}, 1, {"no op named \"liner\"", "linear"}},
    {"bench_variant", {"bench", "linear.best"}, 1, {"linear has no variant named \"best\"", "panel"}},
    {"bench_shape", {"bench", "linear", "--shape", "M=0,"}, 1, {"\"M=0,\"", "glimpse kernels"}},
    {"plugin", {"kernels", "--plugin", "/nowhere/mine.so"}, 1, {"/nowhere/mine.so", "cannot be loaded"}},
    {"plugin_text", {"kernels", "--plugin", kNano + "/config.json"}, 1, {"config.json", "cannot be loaded"}},
    {"plugin_empty", {"kernels", "--plugin", "libm.so.6"}, 1, {"libm.so.6", "registers no kernel variant"}},
    {"help_of", {"help", "kernals"}, 2, {"no command \"kernals\"", "did you mean kernels?"}},
    {"model_missing", {"inspect", "-m", "/nowhere/model"}, 1, {"/nowhere/model", "check the path"}},
    {"model_empty", {"inspect", "-m", ""}, 1, {"model's name is empty"}},
    {"model_file", {"inspect", "-m", kNano + "/config.json"}, 1, {"is a file", "give the directory"}},
    {"model_hub", {"inspect", "-m", "no-such-org/no-such-model"}, 1, {"hf download no-such-org/no-such-model"}},
    {"rule", {"inspect", "-m", kNano, "--plan", "--kernel", "attention"}, 1, {"\"attention\"", "write op[.site]"}},
    {"rule_op", {"inspect", "-m", kNano, "--plan", "--kernel", "atention=scalar"}, 1, {"atention", "attention"}},
    {"rule_variant", {"inspect", "-m", kNano, "--plan", "--kernel", "attention=best"}, 1, {"\"best\"", "scalar"}},
    {"rule_layer", {"inspect", "-m", kNano, "--plan", "--kernel", "attention[x]=scalar"}, 1, {"\"x\"", "[8-15]"}},
    {"rule_site", {"inspect", "-m", kNano, "--plan", "--kernel", "attention.txt=scalar"}, 1,
     {"attention.txt=scalar matched nothing", "text.attn[0-3]"}},
    {"rule_layers", {"inspect", "-m", kNano, "--plan", "--kernel", "attention.text[7-9]=scalar"}, 1,
     {"attention.text[7-9]=scalar matched nothing", "text.attn[0-3]"}},
    {"rule_cannot", {"inspect", "-m", kNano, "--plan", "--kernel", "linear.text.o=gemv_avx2"}, 1,
     {"cannot run at text.o"}},
    {"rule_inner", {"inspect", "-m", kNano, "--plan", "--kernel", "swiglu=scalar"}, 1,
     {"swiglu=scalar matched nothing", "inside linear_swiglu", "--kernel linear_swiglu=split"}},
    {"rule_inner_site",
     {"inspect", "-m", kNano, "--plan", "--kernel", "linear_swiglu=split", "--kernel", "swiglu.text.mpl=scalar"}, 1,
     {"swiglu.text.mpl=scalar", "swiglu runs at text.mlp/swiglu[0-3]"}},
    {"rule_sample", {"inspect", "-m", kNano, "--plan", "--kernel", "sample.txt=select"}, 1, {"sample runs at sample"}},
    {"image_alone", {"inspect", "-m", kNano, "--image", "10x10"}, 1, {"--plan"}},
    {"image_size", {"inspect", "-m", kNano, "--plan", "--image", "big"}, 1, {"--image big", "WIDTHxHEIGHT"}},
    {"image_rest", {"inspect", "-m", kNano, "--plan", "--image", "10x10x10"}, 1, {"10x10x10", "WIDTHxHEIGHT"}},
    {"image_huge", {"inspect", "-m", kNano, "--plan", "--image", "99999x99999"}, 1, {"99999x99999"}},
    {"image_thin", {"inspect", "-m", kNano, "--plan", "--image", "9000x30"}, 1, {"200"}},
    {"context_small", {"inspect", "-m", kNano, "--plan", "--image", "448x448", "--context", "8"}, 1, {"--context"}},
    {"context_zero", {"inspect", "-m", kNano, "--plan", "--context", "0"}, 2, {"--context"}},
    {"run_nothing_asked", {"run", "-m", kNano}, 1, {"nothing to answer", "-p"}},
    {"run_extra_prompt", {"run", "-m", kNano, "-p", "Hi", "more"}, 2, {"no place for the argument \"more\""}},
    {"run_rule_inner", {"run", "-m", kNano, "-p", "x", "--kernel", "swiglu=scalar"}, 1,
     {"--kernel linear_swiglu=split"}},
    {"run_rule_vision", {"run", "-m", kNano, "-p", "x", "--kernel", "attention.vision=scalar"}, 1,
     {"attention.vision=scalar matched nothing; attention runs at text.attn[0-3]"}},
    {"run_rule_before_media", {"run", "-m", kNano, "-p", "x", "--video", "/no.mp4", "--kernel", "rope.v=scalar"}, 1,
     {"rope.v=scalar"}},
    {"chat_rule", {"chat", "-m", kNano, "--kernel", "attention.txt=scalar"}, 1, {"attention.txt=scalar"}},
    {"batch_rule", {"batch", "-m", kNano, "-", "--kernel", "attention.txt=scalar"}, 1, {"attention.txt=scalar"}},
    {"parity_rule", {"parity", "-m", kNano, "--golden", kNano + "/../golden/cases", "--kernel", "swiglu=scalar"}, 1,
     {"--kernel linear_swiglu=split"}},
    {"run_zero", {"run", "-m", kNano, "-p", "x", "-n", "0"}, 2,
     {"--max-new-tokens", "0 is not a whole number from 1 to"}},
    {"run_empty", {"run", "-m", kNano, "-p", ""}, 1, {"--prompt is empty"}},
    {"run_fps_alone", {"run", "-m", kNano, "-p", "x", "--fps", "2"}, 1, {"--fps", "--video"}},
    {"run_json_spans", {"run", "-m", kNano, "-p", "x", "--json", "--show-thinking"}, 2, {"--json", "--show-thinking"}},
    {"run_case", {"run", "-m", kNano, "--messages", kNano + "/../golden/cases/scene/case.json"}, 1,
     {"case.json: must be a list", "under its \"messages\""}},
    {"run_seed", {"run", "-m", kNano, "-p", "Hi", "--seed", "-1"}, 2, {"--seed", "-1"}},
    {"run_seed_huge", {"run", "-m", kNano, "-p", "x", "--seed", "18446744073709551616"}, 2,
     {"--seed", "whole number"}},
    {"run_cold", {"run", "-m", kNano, "-p", "x", "--temperature", "1e-38"}, 2, {"--temperature", "0 or a number"}},
    {"run_top_p", {"run", "-m", kNano, "-p", "x", "--temperature", "0", "--top-p", "0.5"}, 1,
     {"--top-p", "--temperature"}},
    {"run_spans", {"run", "-m", kNano, "-p", "x", "--answer", "--show-thinking"}, 2, {"--answer", "--show-thinking"}},
    {"run_nan", {"run", "-m", kNano, "-p", "x", "--temperature", "nan"}, 2, {"--temperature", "nan"}},
    {"run_fps_nan", {"run", "-m", kNano, "-p", "x", "--fps", "nan"}, 2, {"--fps", "nan"}},
    {"run_min_new", {"run", "-m", kNano, "-p", "x", "-n", "3", "--min-new-tokens", "9"}, 1,
     {"--min-new-tokens 9", "--max-new-tokens"}},
    {"run_no_picture", {"run", "-m", kNano, "--image", "/nowhere/a.png", "-p", "x"}, 1, {"/nowhere/a.png", "check"}},
    {"run_two_lines", {"run", "-m", kNano, "--image", "a\nb.png", "-p", "x"}, 1, {"a?b.png"}},
    {"run_placeholder", {"run", "-m", kNano, "-p", "<|image|>"}, 1, {"more pictures than the 0"}},
    {"run_messages_directory", {"run", "-m", kNano, "--messages", kNano}, 1, {"is a directory"}},
    {"run_messages_and_prompt", {"run", "-m", kNano, "--messages", "a.json", "-p", "x"}, 1, {"--messages", "--prompt"}},
    {"chat_image_stdin", {"chat", "-m", kNano, "--image", "-"}, 1, {"standard input holds the questions"}},
    {"chat_load", {"chat", "-m", kNano, "--load", "/nowhere/talk.json"}, 1, {"/nowhere/talk.json", "no such file"}},
    {"batch_directory", {"batch", "-m", kNano, kNano}, 1, {"is a directory", "file of questions"}},
    {"batch_missing", {"batch", "-m", kNano, "/nowhere/q.jsonl"}, 1, {"/nowhere/q.jsonl", "cannot be read"}},
    {"batch_output_directory", {"batch", "-m", kNano, "-", "-o", kNano}, 1, {"is a directory", "--output"}},
    {"batch_output_other", {"batch", "-m", kNano, "-", "-o", kNano + "/config.json"}, 1, {"another --output"}},
    {"batch_shard", {"batch", "-m", kNano, "-", "--shard", "2/2"}, 1, {"--shard 2/2", "0 to N-1"}},
    {"batch_read_only", {"batch", "-m", kNano, "-", "-o", "/nowhere/a.jsonl"}, 1, {"/nowhere/a.jsonl", "written"}},
    {"parity_missing", {"parity", "-m", kNano, "--golden", "/nowhere"}, 1, {"/nowhere", "golden cases"}},
    {"bench_nan", {"bench", "swiglu", "--seconds", "nan"}, 2, {"--seconds", "nan"}},
};

INSTANTIATE_TEST_SUITE_P(Table, BadCommandLine, testing::ValuesIn(kBad), [](const auto& i) { return i.param.name; });

TEST(FullDisk, IsNotTakenForSuccess) {
  const Outcome o = run_program("/bin/sh", {"-c", std::string("'") + GLIMPSE_PROGRAM + "' kernels > /dev/full"});
  expect_one_sentence(o, 1, {"standard output", "No space left"});
  const Outcome help = run_program("/bin/sh", {"-c", std::string("'") + GLIMPSE_PROGRAM + "' --help > /dev/full"});
  expect_one_sentence(help, 1, {"standard output"});
}

// The small model with one of its files replaced; an empty text removes the file.
struct Broken {
  const char* name;
  const char* file;
  std::string text;
  std::vector<std::string> parts;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class BrokenModel : public testing::TestWithParam<Broken> {};

TEST_P(BrokenModel, InspectNamesTheFileAndTheFault) {
  const Broken& broken = GetParam();
  const ScratchDirectory scratch;
  for (const fs::directory_entry& entry : fs::directory_iterator(kNano))
    if (entry.path().filename() != broken.file)
      fs::create_symlink(fs::absolute(entry.path()), scratch.path() / entry.path().filename());
  if (!broken.text.empty()) scratch.write(broken.file, broken.text);
  const Outcome o = glimpse_program({"inspect", "-m", scratch.path().string()});
  expect_one_sentence(o, 1, broken.parts);
}

const std::string kWeights = file_text(nano_model() + "/model.safetensors");

const Broken kBroken[] = {
    {"no_config", "config.json", "", {"config.json"}},
    {"no_weights", "model.safetensors", "", {"safetensors"}},
    {"config_text", "config.json", "not JSON", {"config.json"}},
    {"config_deep", "config.json", std::string(100000, '['), {"config.json"}},
    {"config_nul", "config.json", std::string("{}\0{}", 5), {"config.json", "NUL"}},
    {"config_other", "config.json", "{\"model_type\": \"llama\"}", {"config.json", "llama"}},
    {"config_huge", "config.json", "{\"text_config\": {\"num_hidden_layers\": 1e300}}",
     {"config.json", "num_hidden_layers"}},
    {"generation_text", "generation_config.json", "{", {"generation_config.json"}},
    {"weights_empty_header", "model.safetensors", std::string(8, '\0'), {"model.safetensors"}},
    {"weights_absurd_header", "model.safetensors", std::string(8, '\x7f') + "{}", {"model.safetensors"}},
    {"weights_half", "model.safetensors", kWeights.substr(0, kWeights.size() / 2), {"model.safetensors"}},
    {"weights_few_bytes", "model.safetensors", kWeights.substr(0, 5), {"model.safetensors"}},
    {"generation_beams", "generation_config.json", "{\"num_beams\": 4}", {"generation_config.json: num_beams: beam"}},
};

INSTANTIATE_TEST_SUITE_P(Table, BrokenModel, testing::ValuesIn(kBroken), [](const auto& i) { return i.param.name; });

TEST(BrokenModels, AProcessorOfAnotherModelIsRefused) {
  const ScratchDirectory scratch;
  for (const fs::directory_entry& entry : fs::directory_iterator(kNano))
    if (entry.path().filename() != "preprocessor_config.json")
      fs::create_symlink(fs::absolute(entry.path()), scratch.path() / entry.path().filename());
  std::string fields = file_text(kNano + "/preprocessor_config.json");
  const std::string merge = "\"merge_size\": 2";
  ASSERT_NE(fields.find(merge), fields.npos);
  scratch.write("preprocessor_config.json", fields.replace(fields.find(merge), merge.size(), "\"merge_size\": 4"));
  expect_one_sentence(glimpse_program({"run", "-m", scratch.path().string(), "-p", "Hi"}), 1,
                      {"preprocessor_config.json: merge_size is 4, config.json has 2"});
}

// What the reference takes from the text model's configuration where generation_config.json is missing.
TEST(BrokenModels, WithoutAGenerationFileTheEndTokensStillEnd) {
  const ScratchDirectory scratch;
  for (const fs::directory_entry& entry : fs::directory_iterator(kNano))
    if (entry.path().filename() != "generation_config.json")
      fs::create_symlink(fs::absolute(entry.path()), scratch.path() / entry.path().filename());
  const Outcome o = glimpse_program({"run", "-m", scratch.path().string(), "-p", "What is 2 plus 3?", "--json"});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("\"finish_reason\": \"stop\""), o.out.npos) << o.out;
}

TEST(BrokenModels, MissingTensorsAreListedAndTheStatusSaysSo) {
  const ScratchDirectory scratch;
  for (const fs::directory_entry& entry : fs::directory_iterator(kNano))
    if (entry.path().filename() != "config.json")
      fs::create_symlink(fs::absolute(entry.path()), scratch.path() / entry.path().filename());
  std::string config = file_text(kNano + "/config.json");
  const std::string depth = "\"num_hidden_layers\": 4";
  ASSERT_NE(config.find(depth), config.npos);
  scratch.write("config.json", config.replace(config.find(depth), depth.size(), "\"num_hidden_layers\": 5"));
  const Outcome o = glimpse_program({"inspect", "-m", scratch.path().string()});
  EXPECT_EQ(o.status, 1);
  EXPECT_EQ(o.err, "");
  EXPECT_NE(o.out.find("model.language_model.layers.4.input_layernorm.weight is missing"), o.out.npos) << o.out;
}

}  // namespace
}  // namespace glimpse
