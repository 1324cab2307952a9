#include "model/parity_case.h"

#include <algorithm>

#include "glimpse/core/oracle.h"

namespace glimpse {

namespace fs = std::filesystem;

namespace {

// What the next sequence takes of the pictures (or videos) of a case.
struct Share {
  std::vector<Grid> grids;
  size_t next = 0;

  // Grids for `tokens` placeholders.
  std::vector<Grid> take(int64_t tokens, int64_t merge, const std::string& where) {
    std::vector<Grid> taken;
    while (tokens > 0) {
      GLIMPSE_CHECK(next < grids.size(), "%s: input_ids has more image tokens than the grids account for",
                    where.c_str());
      taken.push_back(grids[next++]);
      tokens -= taken.back().patches() / (merge * merge);
    }
    GLIMPSE_CHECK(tokens == 0, "%s: a run of image tokens in input_ids is shorter than its grid", where.c_str());
    return taken;
  }
};

struct Placeholders {
  int64_t images = 0, videos = 0;
};

Placeholders placeholders_of(const std::vector<int32_t>& ids, const Glm4vConfig& config) {
  Placeholders count;
  bool in_video = false;
  for (const int32_t id : ids) {
    if (id == config.video_start_token_id) in_video = true;
    if (id == config.video_end_token_id) in_video = false;
    if (id == config.image_token_id) ++(in_video ? count.videos : count.images);
  }
  return count;
}

int64_t patches_of(const std::vector<Grid>& grids) {
  int64_t sum = 0;
  for (const Grid& grid : grids) sum += grid.patches();
  return sum;
}

}  // namespace

GoldenCase::GoldenCase(const fs::path& dir, DType dtype)
    : directory(dir),
      info(parse_ordered_json(read_text_file(dir / "case.json", size_t{64} << 20), (dir / "case.json").string())),
      inputs(dir / "inputs.safetensors"),
      f32(dir / "f32.safetensors") {
  GLIMPSE_CHECK(info.is_object(), "%s is not a JSON object", (dir / "case.json").c_str());
  GLIMPSE_CHECK(f32.find("logits"), "%s holds no \"logits\": it is not what the reference computed",
                (dir / "f32.safetensors").c_str());
  if (dtype == DType::bf16) bf16.emplace(dir / "bf16.safetensors");
  const TensorView ids = inputs.view("input_ids"), mask = inputs.view("attention_mask");
  const std::string where = (dir / "inputs.safetensors").string();
  GLIMPSE_CHECK(ids.rank == 2 && ids.numel() > 0, "%s: input_ids must be [sequences, tokens]", where.c_str());
  rows = ids.shape[0], length = ids.shape[1];
  GLIMPSE_CHECK(mask.rank == 2 && mask.shape[0] == rows && mask.shape[1] == length,
                "%s: attention_mask must have the shape of input_ids", where.c_str());
}

std::vector<int64_t> GoldenCase::integers(const std::string& name, int rank) const {
  std::vector<int64_t> values;
  if (!inputs.find(name)) return values;
  const TensorView t = inputs.view(name);
  GLIMPSE_CHECK(t.rank == rank && (t.dtype == DType::i64 || t.dtype == DType::i32),
                "%s: %s must be integers of rank %d", (directory / "inputs.safetensors").c_str(), name.c_str(), rank);
  for (int64_t i = 0; i < t.numel(); ++i) values.push_back(int64_t(oracle::get_at(t, i)));
  return values;
}

std::vector<int64_t> GoldenCase::columns(int64_t b) const {
  std::vector<int64_t> real;
  const std::vector<int64_t> mask = integers("attention_mask", 2);
  for (int64_t c = 0; c < length; ++c)
    if (mask[size_t(b * length + c)]) real.push_back(c);
  return real;
}

std::vector<Grid> GoldenCase::grids(const std::string& name) const {
  const std::vector<int64_t> thw = integers(name, 2);
  GLIMPSE_CHECK(thw.size() % 3 == 0, "%s: %s must be [items, 3]", (directory / "inputs.safetensors").c_str(),
                name.c_str());
  std::vector<Grid> list;
  for (size_t i = 0; i < thw.size(); i += 3) {
    for (size_t k = i; k < i + 3; ++k)
      GLIMPSE_CHECK(thw[k] > 0 && thw[k] <= (int64_t{1} << 20), "%s: %s holds %lld, a size of no picture",
                    (directory / "inputs.safetensors").c_str(), name.c_str(), (long long)thw[k]);
    list.push_back({thw[i], thw[i + 1], thw[i + 2]});
  }
  return list;
}

const OrderedJson& GoldenCase::field(const char* name) const {
  const auto found = info.find(name);
  GLIMPSE_CHECK(found != info.end(), "%s: %s is missing", (directory / "case.json").c_str(), name);
  return *found;
}

std::vector<OrderedJson> GoldenCase::fields(const char* name) const {
  const OrderedJson& value = field(name);
  const auto batch = info.find("batch");
  if (batch == info.end() || *batch != true) return {value};
  GLIMPSE_CHECK(value.is_array() && int64_t(value.size()) == rows, "%s: %s must be a list of %lld in a batch",
                (directory / "case.json").c_str(), name, (long long)rows);
  return {value.begin(), value.end()};
}

std::vector<GoldenSequence> GoldenCase::sequences(const Glm4vConfig& config) const {
  const std::string where = (directory / "inputs.safetensors").string();
  const std::vector<int64_t> ids = integers("input_ids", 2);
  Share images{grids("image_grid_thw")}, videos{grids("video_grid_thw")};
  GLIMPSE_CHECK(images.grids.empty() || videos.grids.empty(),
                "%s: pictures and videos in one case, which the reference refuses", where.c_str());
  const std::string pixels = videos.grids.empty() ? "pixel_values" : "pixel_values_videos";
  int64_t patch = 0;
  std::vector<GoldenSequence> list;
  for (int64_t b = 0; b < rows; ++b) {
    GoldenSequence s;
    s.columns = columns(b);
    for (const int64_t c : s.columns) s.prompt.ids.push_back(int32_t(ids[size_t(b * length + c)]));
    const Placeholders wanted = placeholders_of(s.prompt.ids, config);
    s.prompt.images = images.take(wanted.images, config.vision.spatial_merge_size, where);
    s.prompt.videos = videos.take(wanted.videos, config.vision.spatial_merge_size, where);
    s.prompt.vision.grids = s.prompt.images.empty() ? s.prompt.videos : s.prompt.images;
    const int64_t first = patch;
    patch += patches_of(s.prompt.vision.grids);
    if (patch > first) {
      const TensorView all = inputs.view(pixels);
      GLIMPSE_CHECK(all.rank == 2 && patch <= all.shape[0], "%s: %s has fewer rows than the grids count patches",
                    where.c_str(), pixels.c_str());
      s.prompt.vision.pixels = all.slice(0, first, patch);
    }
    list.push_back(std::move(s));
  }
  GLIMPSE_CHECK(images.next == images.grids.size() && videos.next == videos.grids.size(),
                "%s: more grids than input_ids has placeholders for", where.c_str());
  return list;
}

std::vector<fs::path> find_golden_cases(const fs::path& directory, const std::string& only) {
  const auto is_case = [](const fs::path& path) { return fs::exists(path / "inputs.safetensors"); };
  GLIMPSE_CHECK(fs::is_directory(directory), "%s is not a directory of golden cases", directory.c_str());
  std::vector<fs::path> found;
  const fs::path root = fs::is_directory(directory / "cases") ? directory / "cases" : directory;
  if (is_case(root)) {
    found.push_back(fs::weakly_canonical(root));
  } else {
    for (const fs::directory_entry& entry : fs::directory_iterator(root))
      if (entry.is_directory()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  GLIMPSE_CHECK(!found.empty(), "%s holds no golden case (a directory with inputs.safetensors)", root.c_str());
  if (!only.empty()) std::erase_if(found, [&](const fs::path& path) { return path.filename() != only; });
  GLIMPSE_CHECK(!found.empty(), "%s holds no golden case named %s", root.c_str(), only.c_str());
  for (const fs::path& path : found)
    GLIMPSE_CHECK(is_case(path), "%s is no golden case: inputs.safetensors is missing", path.c_str());
  return found;
}

}  // namespace glimpse
