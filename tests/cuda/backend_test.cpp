// What a device offers beyond memory and copies: a clock in the stream, recorded launches, what is left.
#include "glimpse/core/backend.h"

#include <gtest/gtest.h>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

TEST(CudaBackendTest, ClockMarksComeBackInOrderAndOnce) {
  Backend& cuda = cuda_backend();
  const auto clock = cuda.clock();
  Buffer a(cuda, 4096), b(cuda, 4096);
  std::vector<char> zeros(4096);
  cuda.upload(a.data(), zeros.data(), zeros.size());
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) {
      clock->mark();
      cuda.copy(b.data(), a.data(), 4096);
    }
    const std::vector<double> times = clock->times();
    ASSERT_EQ(times.size(), 3u);
    EXPECT_GE(times[0], 0);
    EXPECT_LE(times[0], times[1]);
    EXPECT_LE(times[1], times[2]);
  }
  EXPECT_TRUE(clock->times().empty());
}

TEST(CudaBackendTest, RecordedWorkRunsWhenLaunched) {
  Backend& cuda = cuda_backend();
  Buffer a(cuda, 4), b(cuda, 4);
  int value = 7, seen = 0;
  cuda.upload(a.data(), &seen, 4);
  cuda.upload(b.data(), &value, 4);
  const auto graph = cuda.record([&] { cuda.copy(a.data(), b.data(), 4); });
  cuda.download(&seen, a.data(), 4);
  EXPECT_EQ(seen, 0);
  graph->launch();
  cuda.download(&seen, a.data(), 4);
  EXPECT_EQ(seen, 7);
}

TEST(CudaBackendTest, AFailedRecordingLeavesTheStreamUsable) {
  Backend& cuda = cuda_backend();
  EXPECT_THROW(cuda.record([] { GLIMPSE_FAIL("no"); }), Error);
  cuda.synchronize();
  Buffer a(cuda, 4);
  const int value = 3;
  cuda.upload(a.data(), &value, 4);
}

TEST(CudaBackendTest, WhatIsAllocatedIsNotLeft) {
  Backend& cuda = cuda_backend();
  const int64_t before = cuda.available_bytes();
  EXPECT_GT(before, 0);
  EXPECT_LE(before, cuda.info().memory_bytes);
  const Buffer a(cuda, 64 << 20);
  EXPECT_LE(cuda.available_bytes(), before - (64 << 20));
}

}  // namespace
}  // namespace glimpse
