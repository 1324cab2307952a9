// What memory is left, read from made-up /proc and /sys trees.
#include <gtest/gtest.h>

#include <fstream>

#include "glimpse/core/backend.h"
#include "scratch_directory.h"

namespace glimpse {
namespace {

class AvailableMemoryTest : public testing::Test {
 protected:
  void file(const std::string& path, const std::string& text) {
    const std::filesystem::path at = scratch_.path() / path;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at) << text;
  }
  int64_t available() const { return available_memory(scratch_.path().string()); }
  ScratchDirectory scratch_;
};

TEST_F(AvailableMemoryTest, NothingIsKnown) { EXPECT_EQ(available(), 0); }

TEST_F(AvailableMemoryTest, TheMachineAlone) {
  file("proc/meminfo", "MemTotal: 900 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\n");
  file("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(available(), 500 * 1024);
}

TEST_F(AvailableMemoryTest, TheTightestGroupAboveTheProcessCounts) {
  file("proc/meminfo", "MemAvailable: 500 kB\n");
  file("proc/self/cgroup", "0::/a/b\n");
  file("sys/fs/cgroup/a/b/memory.max", "max\n");
  file("sys/fs/cgroup/a/memory.max", "300000\n");
  file("sys/fs/cgroup/a/memory.current", "120000\n");
  EXPECT_EQ(available(), 180000);
  file("sys/fs/cgroup/a/memory.stat", "anon 70000\ninactive_file 50000\n");  // can be dropped
  EXPECT_EQ(available(), 230000);
  file("sys/fs/cgroup/a/memory.current", "700000\n");
  EXPECT_EQ(available(), 0);
}

TEST_F(AvailableMemoryTest, GroupsOfTheFirstVersion) {
  file("proc/meminfo", "MemAvailable: 500 kB\n");
  file("proc/self/cgroup", "5:cpu:/c\n4:memory:/c\n0::/\n");
  file("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "200000\n");
  file("sys/fs/cgroup/memory/c/memory.usage_in_bytes", "150000\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");  // no limit
  EXPECT_EQ(available(), 50000);
}

}  // namespace
}  // namespace glimpse
