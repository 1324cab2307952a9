// What memory is left for this process, from /proc and the control groups.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "glimpse/core/backend.h"

namespace glimpse {

namespace {

constexpr int64_t kUnlimited = int64_t(1) << 60;  // v1 writes "no limit" as a number near 2^63

// The number in a file of one; `otherwise` where it is absent or "max".
int64_t number_in(const std::string& path, int64_t otherwise) {
  std::ifstream file(path);
  int64_t value = 0;
  return file >> value ? value : otherwise;
}

// The number behind `key` in a file of lines "key number".
int64_t number_behind(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    int64_t value = 0;
    if (words >> word >> value && word == key) return value;
  }
  return 0;
}

// What the groups from `group` up to the hierarchy's root at `mount` leave: each its limit less what it uses, but for
// the file pages that it can drop.
int64_t left_in_groups(const std::string& mount, std::string group, const char* limit, const char* usage,
                       const char* droppable) {
  int64_t left = kUnlimited;
  for (;;) {
    const std::string at = mount + group + "/";
    const int64_t most = number_in(at + limit, kUnlimited);
    if (most < kUnlimited) {
      const int64_t used = number_in(at + usage, 0) - number_behind(at + "memory.stat", droppable);
      left = std::min(left, std::max<int64_t>(most - std::max<int64_t>(used, 0), 0));
    }
    if (group.empty()) return left;
    group.resize(group.find_last_of('/'));
  }
}

}  // namespace

int64_t available_memory(const std::string& root) {
  int64_t left = kUnlimited;
  if (const int64_t kilobytes = number_behind(root + "/proc/meminfo", "MemAvailable:"); kilobytes > 0)
    left = kilobytes * 1024;
  // Lines "id:controllers:/path"; v2 has id 0 and no controllers. Inside a container the path may not be mounted: the
  // walk then meets only the groups that are, at least the root of the mount.
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    while (!group.empty() && (group.back() == '/' || group[0] != '/')) group.pop_back();
    if (controllers.empty())
      left = std::min(left, left_in_groups(root + "/sys/fs/cgroup", group, "memory.max", "memory.current",
                                           "inactive_file"));
    if (("," + controllers + ",").find(",memory,") != std::string::npos)
      left = std::min(left, left_in_groups(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                                           "memory.usage_in_bytes", "total_inactive_file"));
  }
  return left < kUnlimited ? left : 0;
}

}  // namespace glimpse
