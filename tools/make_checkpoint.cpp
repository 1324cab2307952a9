// Writes checkpoints whose weights need not be stored: synthetic ones of any width, and the 9B as sparse files.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "glimpse/core/error.h"
#include "model/synthetic.h"

namespace fs = std::filesystem;

namespace {

// The files beside the weights: tokenizer, template, processors.
void copy_companions(const fs::path& from, const fs::path& to) {
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const fs::path& path = entry.path();
    const bool text = path.extension() == ".json" || path.extension() == ".jinja";
    const std::string name = path.filename().string();
    if (!text || name == "config.json" || name.find("index") != std::string::npos) continue;
    fs::copy_file(path, to / name, fs::copy_options::overwrite_existing);
  }
}

// The small tokenizer with its added tokens moved to the 9B's ids, so that the sparse checkpoint can be loaded whole.
void move_ids(const fs::path& directory, std::int64_t first) {
  const auto moved = [&](const char* file, auto change) {
    glimpse::OrderedJson json = glimpse::parse_ordered_json(
        glimpse::read_text_file(directory / file, std::size_t{64} << 20), (directory / file).string());
    change(json);
    std::ofstream(directory / file) << json.dump(2);
  };
  std::int64_t shift = 0;
  moved("tokenizer.json", [&](glimpse::OrderedJson& json) {
    shift = first - json.at("added_tokens").at(0).at("id").get<std::int64_t>();
    for (auto& token : json["added_tokens"]) token["id"] = token["id"].template get<std::int64_t>() + shift;
  });
  moved("generation_config.json", [&](glimpse::OrderedJson& json) {
    for (auto& id : json["eos_token_id"]) id = id.template get<std::int64_t>() + shift;
    json["pad_token_id"] = json["pad_token_id"].get<std::int64_t>() + shift;
  });
}

void make_synthetic(const fs::path& config_file, const fs::path& like, const fs::path& out, std::uint64_t seed) {
  const auto config = glimpse::Glm4vConfig::from_json(glimpse::read_json_file(config_file), config_file.string());
  fs::create_directories(out);
  copy_companions(like, out);
  fs::copy_file(config_file, out / "config.json", fs::copy_options::overwrite_existing);
  glimpse::write_synthetic_checkpoint(config, seed, out);
  std::printf("%s: %lld parameters\n", out.c_str(), static_cast<long long>(config.parameter_count()));
}

void make_sparse(const fs::path& like, const fs::path& out) {
  constexpr std::int64_t kFirstAddedId = 151329;
  fs::create_directories(out);
  copy_companions(like, out);
  move_ids(out, kFirstAddedId);
  glimpse::write_sparse_9b(out);
  std::printf("%s: the 9B checkpoint with zeros for weights, as sparse files\n", out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes synthetic checkpoints in the format of GLM-4.1V");
  std::string config, like, out, sparse;
  std::uint64_t seed = 1;
  app.add_option("--config", config, "config.json of the checkpoint to write")->check(CLI::ExistingFile);
  app.add_option("--like", like, "checkpoint directory whose tokenizer, template and processors are copied")
      ->check(CLI::ExistingDirectory)->required();
  app.add_option("--out", out, "directory to write");
  app.add_option("--seed", seed, "seed of the weights");
  app.add_option("--sparse-9b", sparse, "directory to write the 9B to, its data as holes");
  CLI11_PARSE(app, argc, argv);
  try {
    GLIMPSE_CHECK(sparse.empty() != (config.empty() || out.empty()), "give either --config and --out, or --sparse-9b");
    if (sparse.empty()) make_synthetic(config, like, out, seed);
    else make_sparse(like, sparse);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_checkpoint: %s\n", error.what());
    return 1;
  }
  return 0;
}
