#pragma once

#include <filesystem>
#include <string>

namespace glimpse {

/// The directory that `model` means: a directory as it is, or "org/name" ("org/name@revision") found in the local
/// Hugging Face cache, whose place HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME tell. Nothing is downloaded.
/// Errors: neither there; one sentence with the download command.
std::filesystem::path resolve_model(const std::string& model);

}  // namespace glimpse
