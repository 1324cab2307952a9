#include "model/synthetic.h"

#include <gtest/gtest.h>

#include "sha256.h"

namespace glimpse {
namespace {

const std::string kData = GLIMPSE_TEST_DATA;

void expect_checksums(const std::string& name, std::int64_t largest) {
  const std::string directory = kData + "/golden/synthetic/" + name;
  const Glm4vConfig config = Glm4vConfig::from_pretrained(directory);
  const Json golden = read_json_file(directory + "/checkpoint.json");
  const auto tensors = checkpoint_tensors(config);
  EXPECT_EQ(tensors.size(), golden["tensors"].size());
  int compared = 0;
  for (const TensorSpec& tensor : tensors) {
    ASSERT_TRUE(golden["tensors"].contains(tensor.name)) << tensor.name;
    const Json& expected = golden["tensors"][tensor.name];
    EXPECT_EQ(expected["shape"].get<std::vector<std::int64_t>>(), tensor.shape);
    if (tensor.element_count() > largest) continue;
    std::vector<bf16> values(static_cast<std::size_t>(tensor.element_count()));
    synthetic_values(tensor, golden["seed"].get<std::uint64_t>(), 0, values);
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    EXPECT_EQ(Sha256::of({bytes, values.size() * sizeof(bf16)}), expected["sha256"]) << tensor.name;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

TEST(Synthetic, ChecksumsOfGqa16) { expect_checksums("gqa16", std::int64_t{1} << 40); }
// The large tensors of this one follow the same formula and would take most of the time of the whole suite.
TEST(Synthetic, ChecksumsOfWideUpToFourMillionElements) { expect_checksums("wide", std::int64_t{1} << 22); }

}  // namespace
}  // namespace glimpse
