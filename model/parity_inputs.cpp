#include "model/parity_inputs.h"

#include <set>

#include "model/processor_files.h"

namespace glimpse {

namespace {

JsonObject object_of(const ProcessorFields& from) { return JsonObject(from.fields, from.source + ": "); }

// The pixels that the reference decoded, [H, W, 3] u8.
Image stored_picture(const GoldenCase& golden, const std::string& name) {
  const TensorView t = golden.inputs.view(name);
  GLIMPSE_CHECK(t.rank == 3 && t.dtype == DType::u8 && t.shape[2] == 3, "%s: %s must be u8 [height, width, 3]",
                (golden.directory / "inputs.safetensors").c_str(), name.c_str());
  const auto* bytes = static_cast<const uint8_t*>(t.data);
  return {t.shape[0], t.shape[1], {bytes, bytes + t.numel()}};
}

std::vector<int64_t> flat(const std::vector<std::array<int64_t, 3>>& grids) {
  std::vector<int64_t> values;
  for (const auto& grid : grids) values.insert(values.end(), grid.begin(), grid.end());
  return values;
}

void compare_text(ParityTable& table, const std::string& row, const OrderedJson& want, const std::string& got) {
  const bool same = want.is_string() && want.get<std::string>() == got;
  table.exact(row, {1}, !same, same ? "" : "got " + OrderedJson(got).dump());
}

}  // namespace

ParityInputs::ParityInputs(const std::filesystem::path& directory, const Glm4vConfig& config)
    : merge_(config.vision.spatial_merge_size), tokenizer_(Tokenizer::from_pretrained(directory)) {
  const ProcessorFields image = image_processor_fields(directory), video = video_processor_fields(directory);
  image_ = image_processor_options(object_of(image));
  video_ = video_processor_options(object_of(video));
}

void ParityInputs::compare(const GoldenCase& golden, ParityTable& table) const {
  std::vector<Chat> chats;
  std::set<std::string> clips;
  for (const OrderedJson& messages : golden.fields("messages"))
    chats.push_back(parse_chat(messages.dump(), (golden.directory / "case.json").string() + ": messages"));
  for (const Chat& chat : chats)
    for (const ContentItem& item : media_of(chat, ContentKind::video)) clips.insert(item.source());
  std::vector<std::string> stills, moving;
  for (const OrderedJson& name : golden.field("media")) {
    GLIMPSE_CHECK(name.is_string(), "%s: media must be file names", (golden.directory / "case.json").c_str());
    (clips.count(name.get<std::string>()) ? moving : stills).push_back(name.get<std::string>());
  }
  pictures(golden, stills, table);
  prompts(golden, chats, videos(golden, moving, table), table);
}

void ParityInputs::pictures(const GoldenCase& golden, const std::vector<std::string>& files,
                            ParityTable& table) const {
  if (files.empty()) return;
  const Glm4vImageProcessor slow(image_);
  const Glm4vImageProcessorFast fast(image_);
  std::vector<ImageInput> ours, theirs;
  for (const std::string& file : files) {
    const std::string name = "decoded." + file;
    Image image = slow.load((golden.directory / file).string());
    Image stored = stored_picture(golden, name);
    const bool sizes = image.height == stored.height && image.width == stored.width;
    table.equal(name, golden.inputs.find(name), image.pixels);
    if (!sizes) table.exact(name + " size", {2}, 1, "the picture is decoded to another size");
    ours.emplace_back(std::move(image)), theirs.emplace_back(std::move(stored));
  }
  const auto both = [&](const Glm4vImageProcessor& processor, const std::string& name) {
    const StoredTensor* want = golden.inputs.find(name);
    const PixelBatch batch = processor.preprocess(ours);
    if (!want) return flat(batch.grid_thw);  // the long cases do not store them
    table.equal(name, want, batch.pixel_values);
    table.equal(name + " of decoded", want, processor.preprocess(theirs).pixel_values);
    return flat(batch.grid_thw);
  };
  const std::vector<int64_t> grids = both(slow, "pixel_values"), fast_grids = both(fast, "pixel_values_fast");
  table.equal("image_grid_thw", golden.inputs.find("image_grid_thw"), grids);
  table.exact("image_grid_thw of fast", {int64_t(files.size()), 3}, grids != fast_grids);
}

std::vector<VideoPrompt> ParityInputs::videos(const GoldenCase& golden, const std::vector<std::string>& files,
                                              ParityTable& table) const {
  std::vector<VideoPrompt> list;
  if (files.empty()) return list;
  VideoProcessorOptions options = video_;
  const OrderedJson& fps = golden.field("fps");
  GLIMPSE_CHECK(fps.is_number(), "%s: fps must be a number", (golden.directory / "case.json").c_str());
  options.fps = fps.get<double>();
  std::vector<std::string> sources;
  for (const std::string& file : files) sources.push_back((golden.directory / file).string());
  const VideoBatch batch = Glm4vVideoProcessor(options).preprocess(sources);
  if (const StoredTensor* want = golden.inputs.find("pixel_values_videos"))
    table.equal("pixel_values_videos", want, batch.pixels.pixel_values);
  table.equal("video_grid_thw", golden.inputs.find("video_grid_thw"), flat(batch.pixels.grid_thw));
  for (size_t i = 0; i < files.size(); ++i) {
    const auto& [t, h, w] = batch.pixels.grid_thw[i];
    list.push_back({{t, h, w}, frame_seconds(batch.metadata[i], t)});
  }
  return list;
}

void ParityInputs::prompts(const GoldenCase& golden, const std::vector<Chat>& chats,
                           const std::vector<VideoPrompt>& videos, ParityTable& table) const {
  const std::vector<OrderedJson> want = golden.fields("prompt");
  const std::vector<Grid> images = golden.grids("image_grid_thw");
  PlaceholderExpander expander(images, videos, merge_);
  std::vector<std::string> texts;
  for (size_t b = 0; b < chats.size(); ++b) {
    const std::string prompt = apply_chat_template(chats[b], {.add_generation_prompt = true});
    compare_text(table, chats.size() > 1 ? "prompt " + std::to_string(b) : "prompt", want[b], prompt);
    texts.push_back(expander.expand(prompt));
  }
  expander.finish();
  const EncodedBatch encoded = tokenizer_.batch_encode(texts);
  std::vector<int64_t> ids, mask;
  for (const auto& row : encoded.input_ids) ids.insert(ids.end(), row.begin(), row.end());
  for (const auto& row : encoded.attention_mask) mask.insert(mask.end(), row.begin(), row.end());
  table.equal("input_ids", golden.inputs.find("input_ids"), ids);
  table.equal("attention_mask", golden.inputs.find("attention_mask"), mask);
}

}  // namespace glimpse
