#include "model/processor.h"

#include "model/processor_files.h"
#include "model/prompt.h"

namespace glimpse {

namespace {

constexpr std::string_view kImage = "<|image|>", kVideo = "<|video|>";

Grid grid_of(const std::array<int64_t, 3>& thw) { return {thw[0], thw[1], thw[2]}; }

// Rows of a batch as a tensor: bytes where there are some (with the table), else floats.
TensorView rows_of(PixelBatch& batch, int64_t first, int64_t count) {
  const bool bytes = !batch.patches.empty();
  void* data = bytes ? static_cast<void*>(batch.patches.data()) : batch.pixel_values.data();
  const TensorView all = TensorView::dense(data, bytes ? DType::u8 : DType::f32, {batch.rows, batch.columns});
  return all.slice(0, first, first + count);
}

// Where the next picture and the next video of a batch lie.
struct Cursor {
  size_t image = 0, video = 0;
  int64_t image_row = 0, video_row = 0;
};

void append_floats(const TensorView& rows, const PixelBatch& batch, const PatchShape& shape, std::vector<float>& out) {
  const size_t at = out.size(), count = size_t(rows.numel());
  out.resize(at + count);
  if (rows.dtype == DType::f32) std::copy_n(static_cast<const float*>(rows.data), count, &out[at]);
  else apply_table({static_cast<const uint8_t*>(rows.data), count}, shape, batch.table, &out[at]);
}

// Takes the media of one unexpanded text, in the order of their placeholders.
void take_media(const std::string& text, ProcessorOutput& out, const PatchShape& shape, Cursor& at, Prompt& prompt) {
  const Cursor start = at;
  std::vector<TensorView> pieces;
  std::vector<const PixelBatch*> from;
  for (size_t i = text.find("<|"); i != text.npos; i = text.find("<|", i + 1)) {
    const std::string_view rest = std::string_view(text).substr(i);
    const bool image = rest.starts_with(kImage) && at.image < out.images.grid_thw.size();
    const bool video = rest.starts_with(kVideo) && at.video < out.videos.grid_thw.size();
    if (!image && !video) continue;
    PixelBatch& batch = image ? out.images : out.videos;
    const Grid grid = grid_of(batch.grid_thw[image ? at.image++ : at.video++]);
    (image ? prompt.images : prompt.videos).push_back(grid);
    prompt.vision.grids.push_back(grid);
    int64_t& row = image ? at.image_row : at.video_row;
    pieces.push_back(rows_of(batch, row, grid.patches()));
    from.push_back(&batch);
    row += grid.patches();
  }
  if (pieces.empty()) return;
  const bool images = at.image > start.image, videos = at.video > start.video;
  if (images != videos) {
    PixelBatch& batch = images ? out.images : out.videos;
    const int64_t first = images ? start.image_row : start.video_row;
    prompt.vision.pixels = rows_of(batch, first, (images ? at.image_row : at.video_row) - first);
    if (prompt.vision.pixels.dtype == DType::u8)
      prompt.vision.table = TensorView::dense(batch.table.data(), DType::f32, {3, 256});
    return;
  }
  // Pictures and videos are scaled by tables of their own: one tensor of floats.
  std::vector<float>& floats = out.mixed.emplace_back();
  for (size_t i = 0; i < pieces.size(); ++i) append_floats(pieces[i], *from[i], shape, floats);
  const int64_t columns = out.images.columns;
  prompt.vision.pixels =
      TensorView::dense(floats.data(), DType::f32, {int64_t(floats.size()) / columns, columns});
}

// The patches must be the ones that the vision tower was built for.
void check_patches(const PatchShape& shape, const Glm4vVisionConfig& vision, const std::string& file) {
  const auto equal = [&](const char* field, int64_t here, int64_t there) {
    GLIMPSE_CHECK(here == there, "%s: %s is %lld, config.json has %lld; take both files from the same checkpoint",
                  file.c_str(), field, (long long)here, (long long)there);
  };
  equal("patch_size", shape.patch, vision.patch_size);
  equal("temporal_patch_size", shape.temporal, vision.temporal_patch_size);
  equal("merge_size", shape.merge, vision.spatial_merge_size);
}

}  // namespace

std::vector<std::vector<uint8_t>> ProcessorOutput::mm_token_type_ids() const {
  std::vector<std::vector<uint8_t>> all;
  for (const auto& row : encoded.input_ids) {
    all.emplace_back();
    for (const TokenId id : row) all.back().push_back(id == image_token_id);
  }
  return all;
}

Glm4vProcessor Glm4vProcessor::from_pretrained(const std::filesystem::path& directory, const Glm4vConfig& config) {
  Glm4vProcessor processor(Tokenizer::from_pretrained(directory), config);
  check_tokenizer(processor.tokenizer_, config);
  const ProcessorFields image = image_processor_fields(directory), video = video_processor_fields(directory);
  processor.options_.image = image_processor_options(JsonObject(image.fields, image.source + ": "));
  processor.options_.video = video_processor_options(JsonObject(video.fields, video.source + ": "));
  check_patches(processor.options_.image.shape, config.vision, image.source);
  check_patches(processor.options_.video.shape, config.vision, video.source);
  return processor;
}

ProcessorOutput Glm4vProcessor::operator()(const std::vector<std::string>& texts, std::span<const ImageInput> images,
                                           std::span<const VideoSource> videos) const {
  ProcessorOutput out;
  out.image_token_id = image_token_id_;
  if (!images.empty())
    out.images = options_.fast ? Glm4vImageProcessorFast(options_.image).preprocess(images)
                               : Glm4vImageProcessor(options_.image).preprocess(images);
  VideoBatch batch;
  const Glm4vVideoProcessor video_processor(options_.video);
  for (const VideoSource& v : videos) {
    if (const auto* frames = std::get_if<VideoFrames>(&v)) {
      video_processor.add(*frames, batch);
    } else if (const auto* prepared = std::get_if<std::shared_ptr<const VideoBatch>>(&v)) {
      append(**prepared, batch);
    } else {
      VideoDecoder decoder(std::get<std::string>(v), options_.limits);
      video_processor.add(decoder, batch);
    }
  }
  out.videos = std::move(batch.pixels), out.video_metadata = std::move(batch.metadata);
  std::vector<Grid> image_grids;
  std::vector<VideoPrompt> video_prompts;
  for (const auto& thw : out.images.grid_thw) image_grids.push_back(grid_of(thw));
  for (size_t i = 0; i < out.videos.grid_thw.size(); ++i) {
    const Grid grid = grid_of(out.videos.grid_thw[i]);
    video_prompts.push_back({grid, frame_seconds(out.video_metadata[i], grid.t)});
  }
  PlaceholderExpander expander(image_grids, video_prompts, merge_);
  Cursor at;
  out.mixed.reserve(texts.size());  // prompts point into it
  std::vector<std::vector<TokenId>> rows;
  for (const std::string& text : texts) {
    out.texts.push_back(expander.expand(text));
    Prompt& prompt = out.prompts.emplace_back();
    prompt.ids = tokenizer_.encode(out.texts.back());
    take_media(text, out, options_.image.shape, at, prompt);
    rows.push_back(prompt.ids);
  }
  expander.finish();
  out.encoded = tokenizer_.pad(std::move(rows));
  return out;
}

ProcessorOutput Glm4vProcessor::operator()(const std::vector<Chat>& chats, const ChatOptions& chat_options,
                                           std::span<const ImageInput> images) const {
  const Glm4vImageProcessor loader(options_.image);
  std::vector<std::string> texts;
  std::vector<ImageInput> pictures;
  std::vector<VideoSource> videos;
  size_t given = 0, unnamed = 0;
  for (const Chat& chat : chats) {
    texts.push_back(apply_chat_template(chat, chat_options));
    for (const ContentItem& item : media_of(chat, ContentKind::image)) {
      const std::string source = item.source();
      if (!source.empty()) pictures.emplace_back(loader.load(source, options_.fetch));
      else if (++unnamed; given < images.size()) pictures.push_back(images[given++]);
    }
    for (const ContentItem& item : media_of(chat, ContentKind::video)) {
      GLIMPSE_CHECK(!item.source().empty(), "a video item of the chat names no video; give it a path or url");
      videos.emplace_back(item.source());
    }
  }
  GLIMPSE_CHECK(unnamed == images.size(), "the chat has %zu picture items that name no picture, %zu pictures are given",
                unnamed, images.size());
  return (*this)(texts, pictures, videos);
}

}  // namespace glimpse
