// tools/test.sh, with stand-ins for what it calls: what ctest prints is shown as it comes, and its verdict is kept.
#include <gtest/gtest.h>

#include <filesystem>

#include "program.h"

namespace glimpse {
namespace {

namespace fs = std::filesystem;

// The script's output and status where ctest does that.
Outcome test_script(const std::string& ctest) {
  const ScratchDirectory scratch;
  fs::create_directories(scratch.path() / "tools");
  fs::create_directories(scratch.path() / "build/cpu");
  for (const char* name : {"test.sh", "setup.sh"})
    fs::copy(fs::path(GLIMPSE_TEST_DATA) / "../../tools" / name, scratch.path() / "tools" / name);
  const auto stand_in = [&](const std::string& name, const std::string& script) {
    fs::permissions(scratch.write(name, "#!/bin/sh\n" + script + "\n"), fs::perms::owner_all);
  };
  stand_in("cmake", "exit 0");
  stand_in("apt-get", "exit 1");
  stand_in("dpkg-query", "echo install ok installed");
  stand_in("ctest", ctest);
  const std::string directory = scratch.path().string();
  return run_program("/bin/sh", {"-c", "export PATH='" + directory + "':$PATH LOG='" + directory +
                                           "/out'; sh '" + directory + "/tools/test.sh' cpu > \"$LOG\" 2>&1; "
                                           "status=$?; cat \"$LOG\"; exit $status"});
}

std::string last_line(const std::string& text) {
  const size_t end = text.find_last_not_of('\n'), start = text.rfind('\n', end);
  return text.substr(start + 1, end - start);
}

TEST(TestScript, ShowsEachLineAsItComes) {
  const Outcome o = test_script("echo first; i=0; while [ $i -lt 100 ] && ! grep -q first \"$LOG\"; do sleep 0.1; "
                                "i=$((i+1)); done; grep -q first \"$LOG\" && echo seen; "
                                "echo '100% tests passed, 0 tests failed out of 3'");
  EXPECT_EQ(o.status, 0) << o.out;
  EXPECT_NE(o.out.find("first\nseen\n"), o.out.npos) << o.out;
  EXPECT_EQ(last_line(o.out), "3 passed, 0 failed");
}

TEST(TestScript, KeepsTheVerdict) {
  const Outcome failed = test_script("echo '67% tests passed, 1 tests failed out of 3'; exit 8");
  EXPECT_NE(failed.status, 0);
  EXPECT_EQ(last_line(failed.out), "2 passed, 1 failed");
  EXPECT_NE(test_script("echo '100% tests passed, 0 tests failed out of 3'; exit 8").status, 0);
  const Outcome broken = test_script("echo nothing; exit 1");
  EXPECT_NE(broken.status, 0);
  EXPECT_EQ(last_line(broken.out), "0 passed, 1 failed");
}

}  // namespace
}  // namespace glimpse
