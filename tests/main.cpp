// The test program. Besides GoogleTest's flags: --device=cpu|cuda|all (default cpu), --plugin=FILE.so (repeatable).
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"
#include "support/allowed_skips.h"
#include "support/register_ops.h"
#include "tools/wait_policy.h"

namespace {

// The backends that were asked for; throws where one is not there.
std::vector<glimpse::Backend*> backends(const std::string& device) {
  std::vector<glimpse::Backend*> all;
  if (device != "cuda") all.push_back(&glimpse::cpu_backend());
  if (device != "cpu") all.push_back(&glimpse::cuda_backend());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  glimpse::spin_briefly(argv);
  testing::InitGoogleTest(&argc, argv);
  std::string device = "cpu";
  try {
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      if (argument.rfind("--device=", 0) == 0) device = argument.substr(9);
      else if (argument.rfind("--plugin=", 0) == 0)
        glimpse::load_plugin(argument.c_str() + 9), glimpse::test::allow_every_skip();
      else GLIMPSE_FAIL("unknown argument \"%s\"; there are --device=cpu|cuda|all and --plugin=FILE.so", argv[i]);
    }
    GLIMPSE_CHECK(device == "cpu" || device == "cuda" || device == "all", "--device=%s: use cpu, cuda or all",
                  device.c_str());
    const std::vector<glimpse::Backend*> chosen = backends(device);
    glimpse::test::register_op_tests(chosen);
    glimpse::test::register_claim_tests(chosen);
    if (device != "cpu") glimpse::test::register_auto_test();
  } catch (const glimpse::Error& e) {
    std::fprintf(stderr, "glimpse_tests: %s\n", e.what());
    return 2;
  }
  return RUN_ALL_TESTS();
}
