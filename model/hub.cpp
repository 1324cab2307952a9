#include "model/hub.h"

#include <cstdlib>

#include "glimpse/core/error.h"
#include "model/json.h"

namespace glimpse {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_directory() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string path = variable(name); !path.empty()) return path;
  }
  if (const std::string home = variable("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "huggingface" / "hub";
  return fs::path(variable("HOME")) / ".cache" / "huggingface" / "hub";
}

// One component of a path: what the hub allows in names, and nothing that leads elsewhere.
bool is_name(const std::string& text) {
  if (text.empty() || text.size() > 96 || text[0] == '.') return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::string without_trailing_space(std::string text) {
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  return text;
}

}  // namespace

fs::path resolve_model(const std::string& model) {
  GLIMPSE_CHECK(!model.empty(), "the model's name is empty; give a directory, or org/name of the local cache");
  std::error_code error;
  if (fs::is_directory(model, error)) return model;
  GLIMPSE_CHECK(!fs::exists(model, error), "%s: is a file; give the directory that holds config.json", model.c_str());
  const std::size_t at = model.find('@');
  const std::string id = model.substr(0, at), revision = at == std::string::npos ? "main" : model.substr(at + 1);
  const std::size_t slash = id.find('/');
  const std::string org = id.substr(0, slash), name = slash == std::string::npos ? "" : id.substr(slash + 1);
  GLIMPSE_CHECK(is_name(org) && is_name(name) && is_name(revision),
                "%s: no such directory, and not of the form org/name either; check the path", model.c_str());
  const fs::path repository = cache_directory() / ("models--" + org + "--" + name);
  std::string snapshot = revision;
  if (fs::is_regular_file(repository / "refs" / revision, error)) {
    snapshot = without_trailing_space(read_text_file(repository / "refs" / revision, 4096));
    GLIMPSE_CHECK(is_name(snapshot), "%s: does not hold a revision; download the model again",
                  (repository / "refs" / revision).c_str());
  }
  const fs::path directory = repository / "snapshots" / snapshot;
  const std::string command = "hf download " + id + (revision == "main" ? "" : " --revision " + revision);
  GLIMPSE_CHECK(fs::is_directory(directory, error), "%s: not in the local cache %s; download it with: %s",
                model.c_str(), cache_directory().c_str(), command.c_str());
  GLIMPSE_CHECK(fs::exists(directory / "config.json", error), "%s: the copy in %s is incomplete; download it with: %s",
                model.c_str(), directory.c_str(), command.c_str());
  return directory;
}

}  // namespace glimpse
