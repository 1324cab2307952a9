#include "model/hub.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "glimpse/core/error.h"
#include "scratch_directory.h"

namespace glimpse {
namespace {

std::string error_of(const std::string& model) {
  try {
    resolve_model(model);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Hub, FindsModelsInTheLocalCache) {
  const ScratchDirectory directory;
  setenv("HF_HUB_CACHE", directory.path().c_str(), 1);
  EXPECT_EQ(resolve_model(directory.path().string()), directory.path());
  EXPECT_NE(error_of("org/name").find("hf download org/name"), std::string::npos);
  directory.write("models--org--name/refs/main", "abc123\n");
  const auto config = directory.write("models--org--name/snapshots/abc123/config.json", "{}");
  EXPECT_EQ(resolve_model("org/name"), config.parent_path());
  EXPECT_EQ(resolve_model("org/name@abc123"), config.parent_path());
  directory.write("models--org--name/refs/main", "../../elsewhere");
  EXPECT_NE(error_of("org/name").find("does not hold a revision"), std::string::npos);
  std::filesystem::remove(config);
  EXPECT_NE(error_of("org/name@abc123").find("incomplete"), std::string::npos);
  EXPECT_NE(error_of("../x/y").find("check the path"), std::string::npos);
  unsetenv("HF_HUB_CACHE");
}

}  // namespace
}  // namespace glimpse
