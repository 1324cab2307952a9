#include "glimpse/core/workspace.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

const Allocator kHeap{[](size_t bytes) { return std::malloc(bytes); }, [](void* p) { std::free(p); }};

TEST(Workspace, GrowingKeepsEarlierTakes) {
  Workspace w(kHeap);
  Workspace::Scope scope(w);
  auto* first = static_cast<char*>(w.take(100));
  std::memset(first, 7, 100);
  for (int i = 1; i < 8; ++i) std::memset(w.take(size_t(1000) << i), 1, size_t(1000) << i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first[i], 7);
}

TEST(Workspace, AScopeGivesBackAndThePeakFitsInOnePiece) {
  Workspace w(kHeap);
  {
    Workspace::Scope scope(w);
    w.take(1000), w.take(5000);
  }
  EXPECT_EQ(w.peak(), size_t(1024 + 5120));
  EXPECT_GE(w.capacity(), w.peak());
  w.freeze();
  Workspace::Scope scope(w);
  auto* a = static_cast<char*>(w.take(1000));
  EXPECT_EQ(static_cast<char*>(w.take(5000)), a + 1024);
}

TEST(Workspace, FrozenItThrowsInsteadOfGrowing) {
  alignas(256) char memory[512];
  Workspace w(memory, sizeof memory);
  w.take(257);
  EXPECT_THROW(w.take(1), Error);
}

}  // namespace
}  // namespace glimpse
