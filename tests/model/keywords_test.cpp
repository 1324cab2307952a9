// What the functions that take the reference's keywords do with their values. That they know every keyword is tested in
// keyword_table_test.cpp.
#include <gtest/gtest.h>

#include "golden_model.h"
#include "model/generate_keywords.h"
#include "model/pipeline.h"
#include "model/processor_keywords.h"

namespace glimpse {
namespace {

TEST(GenerateKeywords, AreTakenOrRefusedByName) {
  const auto refuse = [](const char* text) {
    return sentence_of([&] { with_generate_keywords({}, Json::parse(text)); });
  };
  EXPECT_EQ("", refuse(R"({"num_beams": 1, "typical_p": 1.0, "use_cache": true, "length_penalty": null})"));
  EXPECT_NE(std::string::npos, refuse(R"({"num_beams": 4})").find("generate: num_beams: beam search"));
  EXPECT_NE(std::string::npos, refuse(R"({"output_attentions": true})").find("output_attentions"));
  // As the reference refuses them (spec 9.2).
  EXPECT_NE(std::string::npos, refuse(R"({"do_sample": true, "temperature": 0})").find("temperature"));
  EXPECT_EQ("", refuse(R"({"do_sample": false, "temperature": 0, "top_p": 2})"));
  EXPECT_NE(std::string::npos, refuse(R"({"top_k": -1})").find("top_k"));
  EXPECT_NE(std::string::npos, refuse(R"({"top_p": -0.1})").find("top_p"));
  EXPECT_NE(std::string::npos, refuse(R"({"repetition_penalty": 0})").find("repetition_penalty"));
  EXPECT_NE(std::string::npos, refuse(R"({"max_new_tokens": 0})").find("max_new_tokens"));
  EXPECT_NE(std::string::npos, refuse(R"({"num_return_sequences": 2})").find("num_return_sequences"));
  EXPECT_EQ("", refuse(R"({"num_return_sequences": 2, "do_sample": true})"));
}

TEST(GenerateKeywords, ValuesArriveInTheOptions) {
  GenerateOptions base;
  base.config.top_k = 2;
  base.config.eos_token_id = {7};
  const GenerateOptions o = with_generate_keywords(
      base, Json::parse(R"({"do_sample": true, "temperature": 0.5, "top_p": 0.25, "min_p": 0.125, "max_length": 9,
                            "max_time": 1.5, "eos_token_id": 3, "pad_token_id": 4, "min_new_tokens": 5, "seed": 6,
                            "min_length": 8, "stop_strings": ["a", "b"], "output_logits": true,
                            "prefill_chunk_size": 64, "repetition_penalty": 1.5, "num_return_sequences": 3})"));
  EXPECT_TRUE(o.config.do_sample);
  EXPECT_EQ(o.config.temperature, 0.5);
  EXPECT_EQ(o.config.top_k, 2) << "what no keyword names stays";
  EXPECT_EQ(o.config.top_p, 0.25);
  EXPECT_EQ(o.config.min_p, 0.125);
  EXPECT_EQ(o.config.repetition_penalty, 1.5);
  EXPECT_EQ(o.config.max_length, 9);
  EXPECT_EQ(o.new_tokens(4), 5);
  EXPECT_EQ(o.config.eos_token_id, std::vector<int64_t>{3});
  EXPECT_EQ(o.config.pad_token_id, 4);
  EXPECT_EQ(o.config.max_time, 1.5);
  EXPECT_EQ(o.config.min_new_tokens, 5);
  EXPECT_EQ(o.config.min_length, 8);
  EXPECT_EQ(o.seed, 6u);
  EXPECT_EQ(o.config.stop_strings, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(o.keep_logits);
  EXPECT_EQ(o.prefill_chunk, 64);
  EXPECT_EQ(o.num_return_sequences, 3);
}

TEST(GenerateKeywords, MinLengthCountsThePrompt) {
  GoldenModel nano(nano_path());
  const Prompt prompt{.ids = {10, 66, 67, 68}, .vision = {}, .images = {}, .videos = {}};
  GenerateOptions o;
  o.config.max_new_tokens = 3;
  Generator generator(nano.model, 1, 32);
  // Whatever the model says first ends the answer, unless it is too short.
  o.config.eos_token_id = {generator.generate({prompt}, o).sequences[0].ids[0]};
  EXPECT_EQ(generator.generate({prompt}, o).sequences[0].ids.size(), 1u);
  const auto longer = generator.generate({prompt}, with_generate_keywords(o, {{"min_length", 6}})).sequences[0].ids;
  EXPECT_GE(longer.size(), 2u);
  EXPECT_NE(longer[0], o.config.eos_token_id[0]);
  EXPECT_EQ(generator.generate({prompt}, with_generate_keywords(o, {{"min_length", 4}})).sequences[0].ids.size(), 1u);
}

TEST(ProcessorKeywords, AreRoutedByName) {
  const ProcessorOptions o = with_processor_keywords(
      {}, Json::parse(R"({"do_normalize": false, "fps": 3, "padding": true, "images_kwargs": {"do_resize": false},
                          "videos_kwargs": {"do_rescale": false}, "common_kwargs": {"patch_size": 4},
                          "text_kwargs": {"return_mm_token_type_ids": true}})"));
  EXPECT_FALSE(o.image.normalise.normalise);
  EXPECT_FALSE(o.video.normalise.normalise);
  EXPECT_EQ(o.video.fps, 3);
  EXPECT_FALSE(o.image.do_resize);
  EXPECT_TRUE(o.video.do_resize);
  EXPECT_TRUE(o.image.normalise.rescale);
  EXPECT_FALSE(o.video.normalise.rescale);
  EXPECT_EQ(o.image.shape.patch, 4);
  EXPECT_EQ(o.video.shape.patch, 4);
  EXPECT_THROW(with_processor_keywords({}, Json::parse(R"({"images_kwargs": {"fps": 3}})")), Error);
  EXPECT_THROW(with_processor_keywords({}, Json::parse(R"({"truncation": true})")), Error);
  ProcessorOutput out;
  out.encoded.input_ids = {{1, 5, 5, 2}};
  out.image_token_id = 5;
  EXPECT_EQ(out.mm_token_type_ids()[0], (std::vector<uint8_t>{0, 1, 1, 0}));
}

TEST(ProcessorKeywords, OfTheTemplate) {
  TemplateOptions still;
  still.processor.video.do_sample_frames = false;
  EXPECT_TRUE(with_template_keywords(still, Json::parse(R"({"fps": 1})")).processor.video.do_sample_frames);
  EXPECT_TRUE(with_template_keywords(still, Json::parse(R"({"num_frames": 8})")).processor.video.do_sample_frames);
  EXPECT_FALSE(with_template_keywords(still, Json::parse(R"({"fps": 1, "do_sample_frames": false})"))
                   .processor.video.do_sample_frames);
  const TemplateOptions o = with_template_keywords(
      {}, Json::parse(R"({"tokenize": true, "add_generation_prompt": true, "return_dict": true, "return_tensors": "pt",
                          "padding": true, "processor_kwargs": {"fps": 4}})"));
  EXPECT_TRUE(o.chat.add_generation_prompt);
  EXPECT_EQ(o.processor.video.fps, 4);
  EXPECT_THROW(with_template_keywords({}, {{"tokenize", false}}), Error);
  EXPECT_THROW(with_template_keywords({}, {{"tools", Json::array()}}), Error);
}

TEST(ProcessorHelpers, CountPatchesAndTokensOfSizes) {
  const std::vector<PixelSize> sizes = {{336, 336}, {336, 448}};
  const MultimodalTokens count = num_image_tokens(Glm4vImageProcessor(), sizes);
  EXPECT_EQ(count.patches, (std::vector<int64_t>{24 * 24, 24 * 32}));
  EXPECT_EQ(count.tokens, (std::vector<int64_t>{12 * 12, 12 * 16}));
  EXPECT_EQ(Glm4vVideoProcessor().get_number_of_video_patches(4, 336, 448), 2 * 24 * 32);
  EXPECT_EQ(Glm4vVideoProcessor().get_number_of_video_patches(5, 336, 448), 3 * 24 * 32) << "an odd frame is doubled";
}

TEST(PipelineKeywords, AreTakenOrRefusedByName) {
  const auto refuse = [](const char* text) {
    return sentence_of([&] { with_pipeline_keywords({}, Json::parse(text)); });
  };
  EXPECT_NE(std::string::npos, refuse(R"({"return_tensors": true, "return_full_text": true})").find("return_tensors"));
  EXPECT_NE(std::string::npos,
            refuse(R"({"max_new_tokens": 1, "generate_kwargs": {"max_new_tokens": 2}})").find("max_new_tokens"));
  EXPECT_NE(std::string::npos, refuse(R"({"generate_kwargs": {"colour": 2}})").find("colour: not a keyword"));
  EXPECT_NE(std::string::npos, refuse(R"({"clean_up_tokenization_spaces": true})").find("clean_up"));
  EXPECT_EQ("", refuse(R"({"return_tensors": false, "return_full_text": false, "timeout": null})"));
  const PipelineOptions o = with_pipeline_keywords(
      {}, Json::parse(R"({"max_new_tokens": 20, "generate_kwargs": {"top_k": 3}, "return_full_text": false,
                          "timeout": 7, "stop_sequence": "x", "continue_final_message": false,
                          "skip_special_tokens": false, "do_resize": false, "processor_kwargs": {"fps": 5}})"));
  EXPECT_EQ(o.generate.config.max_new_tokens, 20);
  EXPECT_EQ(o.generate.config.top_k, 3);
  EXPECT_FALSE(o.return_full_text);
  EXPECT_EQ(o.timeout, 7);
  EXPECT_EQ(o.stop_sequence, std::vector<std::string>{"x"});
  EXPECT_EQ(o.continue_final_message, false);
  EXPECT_FALSE(o.skip_special_tokens);
  EXPECT_FALSE(o.processor.image.do_resize);
  EXPECT_EQ(o.processor.video.fps, 5);
}

}  // namespace
}  // namespace glimpse
