#include "model/processor_files.h"

#include <gtest/gtest.h>

#include "glimpse/core/error.h"
#include "scratch_directory.h"

namespace glimpse {
namespace {

TEST(ProcessorFiles, SeparateFilesComeFirst) {
  const ScratchDirectory directory;
  const auto image = [&] { return image_processor_fields(directory.path()).fields.value("n", 0); };
  const auto video = [&] { return video_processor_fields(directory.path()).fields.value("n", 0); };
  EXPECT_EQ(image(), 0);
  EXPECT_EQ(video(), 0);
  directory.write("processor_config.json", R"({"image_processor": {"n": 1}})");
  EXPECT_EQ(image(), 1);
  EXPECT_EQ(video(), 1);
  directory.write("processor_config.json", R"({"image_processor": {"n": 1}, "video_processor": {"n": 2}})");
  EXPECT_EQ(video(), 2);
  directory.write("preprocessor_config.json", R"({"n": 3})");
  EXPECT_EQ(image(), 3);
  EXPECT_EQ(video(), 2);
  directory.write("video_preprocessor_config.json", R"({"n": 4})");
  EXPECT_EQ(video(), 4);
  directory.write("video_preprocessor_config.json", "[]");
  EXPECT_THROW(video(), Error);
}

}  // namespace
}  // namespace glimpse
