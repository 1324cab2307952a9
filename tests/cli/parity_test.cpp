// glimpse parity: what agrees, what differs, what cannot be compared; said once, in that order.
#include <gtest/gtest.h>

#include "program.h"

namespace glimpse {
namespace {

const std::string kGolden = std::string(GLIMPSE_TEST_DATA) + "/golden";

// golden/video/video holds no tensors of the reference.
TEST(ParityCommand, ACaseWithoutTensorsIsNotADisagreement) {
  const std::string command = std::string("'") + GLIMPSE_PROGRAM + "' parity -m '" + nano_model() + "' --golden '" +
                              kGolden + "/video' --quiet 2>&1";
  const Outcome o = run_program("/bin/sh", {"-c", command});
  EXPECT_EQ(o.status, 1);
  EXPECT_EQ(o.out.find("disagree"), o.out.npos) << o.out;
  const size_t first = o.out.find("video: NOT COMPARED: ");
  ASSERT_NE(first, o.out.npos) << o.out;
  EXPECT_EQ(o.out.find("NOT COMPARED", first + 10), o.out.npos) << o.out;
  const std::string last = "glimpse: 1 of 2 cases could not be compared (video)\n";
  EXPECT_EQ(o.out.substr(o.out.size() - std::min(o.out.size(), last.size())), last) << o.out;
}

TEST(ParityCommand, AForcedKernelAgrees) {
  const Outcome o = glimpse_program({"parity", "-m", nano_model(), "--golden", kGolden + "/cases", "--case", "scene",
                                     "--quiet", "--kernel", "attention.text=scalar"});
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out.rfind("scene: ", 0), 0u) << o.out;
}

}  // namespace
}  // namespace glimpse
