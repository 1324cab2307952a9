#include "model/processor_keywords.h"

#include <algorithm>
#include <set>

#include "glimpse/core/error.h"
#include "model/image_processor_fields.h"

namespace glimpse {

namespace {

using Names = std::set<std::string>;

const Names kShared = {"do_convert_rgb", "do_resize", "size", "resample", "interpolation", "do_rescale",
                       "rescale_factor", "do_normalize", "image_mean", "image_std", "patch_size",
                       "temporal_patch_size", "merge_size", "input_data_format", "data_format", "return_tensors",
                       "device"};
const Names kImage = {"disable_grouping"};
const Names kVideo = {"do_sample_frames", "fps", "num_frames", "max_duration", "video_metadata", "return_metadata",
                      "max_image_size"};
const Names kGroups = {"images_kwargs", "videos_kwargs", "text_kwargs", "common_kwargs"};
const Names kTemplate = {"tokenize", "add_generation_prompt", "continue_final_message", "return_dict",
                         "processor_kwargs"};

// A keyword with the only values (a JSON list) that it may have here.
struct Fixed {
  const char *name, *values, *why;
};

constexpr Fixed kText[] = {
    {"padding", R"([true, false, "longest", "do_not_pad"])",
     "rows of `encoded` are padded to the longest and `prompts` never; other ways are not offered"},
    {"padding_side", "[]", "is tokenizer_config.json's, and prompts are never padded; leave it out"},
    {"pad_to_multiple_of", "[]", "rows are padded to the longest; leave it out"},
    {"truncation", R"([false, "do_not_truncate"])", "would cut pictures apart; shorten the text"},
    {"max_length", "[]", "would cut pictures apart; shorten the text"},
    {"stride", "[0]", "nothing is truncated; leave it out"},
    {"add_special_tokens", "[true, false]", "must be true or false"},  // this family adds none
    {"return_mm_token_type_ids", "[true, false]", "must be true or false"},
    {"return_attention_mask", "[true, false]", "must be true or false"},
    {"return_token_type_ids", "[false]", "this family has none; leave it out"},
    {"return_overflowing_tokens", "[false]", "nothing is truncated; leave it out"},
    {"return_special_tokens_mask", "[false]", "ask Tokenizer::is_special of each id"},
    {"return_offsets_mapping", "[false]", "is not kept; leave it out"},
    {"return_length", "[false]", "rows know their size; leave it out"},
    {"is_split_into_words", "[false]", "texts are whole; join the words"},
    {"text_pair", "[]", "this family has no pairs of texts; leave it out"},
    {"text_target", "[]", "give the target as labels to causal_lm_loss"},
    {"verbose", "[true, false]", "must be true or false"},
};

constexpr Fixed kTemplateFixed[] = {
    {"tokenize", "[true]", "for the text alone call apply_chat_template of model/chat.h"},
    {"return_dict", "[true, false]", "must be true or false"},  // a ProcessorOutput, whose `encoded` is the ids alone
    {"chat_template", "[]", "one template is built in; check_chat_template tells whether a model has another"},
    {"tools", "[]", "this family's template has no tools; describe them in a message"},
    {"documents", "[]", "this family's template has no documents; put them into a message"},
    {"return_assistant_tokens_mask", "[false]", "this family's template does not mark them; leave it out"},
    {"load_audio_from_video", "[false]", "the model hears nothing; leave it out"},
};

template <size_t n> void check_fixed(const JsonObject& fields, const Fixed (&list)[n]) {
  for (const Fixed& f : list) {
    const Json* value = fields.find(f.name);
    if (!value) continue;
    const Json allowed = Json::parse(f.values);
    GLIMPSE_CHECK(std::find(allowed.begin(), allowed.end(), *value) != allowed.end(), "%s: %s",
                  fields.name_of(f.name).c_str(), f.why);
  }
}

template <size_t n> Names names_of(const Fixed (&list)[n]) {
  Names names;
  for (const Fixed& f : list) names.insert(f.name);
  return names;
}

// The part of `keywords` whose names are among `names`.
Json part(const Json& keywords, const Names& names) {
  Json out = Json::object();
  for (const auto& [key, value] : keywords.items())
    if (names.count(key)) out[key] = value;
  return out;
}

Names united(std::initializer_list<Names> sets) {
  Names all;
  for (const Names& s : sets) all.insert(s.begin(), s.end());
  return all;
}

void take_text(const Json& keywords, const char* where) {
  const JsonObject fields(keywords, where);
  check_names(fields, united({names_of(kText), {"return_tensors"}}), "the tokenizer");
  check_output_keywords(fields);
  check_fixed(fields, kText);
}

}  // namespace

ProcessorOptions with_processor_keywords(ProcessorOptions o, const Json& keywords) {
  const JsonObject fields(keywords, "processor: ");
  const Names text = names_of(kText);
  check_names(fields, united({kShared, kImage, kVideo, kGroups, text}), "Glm4vProcessor");
  for (const std::string& group : kGroups) fields.object(group.c_str());  // an object each
  const Json nothing = Json::object();
  const auto group = [&](const char* name) -> const Json& { return fields.has(name) ? *fields.find(name) : nothing; };
  const Json& common = group("common_kwargs");
  check_names(JsonObject(common, "common_kwargs: "), kShared, "common_kwargs");
  for (const Json* shared : {&common, &keywords}) {
    o.image = with_image_keywords(o.image, part(*shared, united({kShared, kImage})));
    o.video = with_video_keywords(o.video, part(*shared, united({kShared, kVideo})));
  }
  o.image = with_image_keywords(o.image, group("images_kwargs"));
  o.video = with_video_keywords(o.video, group("videos_kwargs"));
  take_text(part(keywords, text), "processor: ");
  take_text(group("text_kwargs"), "text_kwargs: ");
  return o;
}

TemplateOptions with_template_keywords(TemplateOptions o, const Json& keywords) {
  const JsonObject fields(keywords, "apply_chat_template: ");
  check_fixed(fields, kTemplateFixed);
  o.chat.add_generation_prompt = fields.boolean("add_generation_prompt", o.chat.add_generation_prompt);
  o.chat.continue_final_message = fields.boolean("continue_final_message", o.chat.continue_final_message);
  Json rest = Json::object();
  const Names own = united({kTemplate, names_of(kTemplateFixed)});
  for (const auto& [key, value] : keywords.items())
    if (!own.count(key)) rest[key] = value;
  if (const auto nested = fields.object("processor_kwargs")) rest.update(nested->value());
  const JsonObject media(rest, "apply_chat_template: ");
  const bool sampled = media.has("fps") || media.has("num_frames");
  if (sampled && !media.has("do_sample_frames")) rest["do_sample_frames"] = true;
  o.processor = with_processor_keywords(o.processor, rest);
  return o;
}

}  // namespace glimpse
