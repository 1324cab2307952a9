// More than there is, is refused before anything is allocated.
#include <gtest/gtest.h>

#include "glimpse/core/error.h"
#include "model/kv_cache.h"
#include "program.h"

namespace glimpse {
namespace {

void expect_refused(const Outcome& o) {
  EXPECT_EQ(o.status, 1);
  for (const char* part : {"this needs ", " KV cache", " left", "--max-new-tokens", "--dtype bf16"})
    EXPECT_NE(o.err.find(part), std::string::npos) << part << " in " << o.err;
  EXPECT_LT(o.peak_kb, 1 << 20);
}

TEST(MemoryTest, AnAbsurdAnswerIsRefused) {
  expect_refused(glimpse_program({"run", "-m", nano_model(), "--device", "cpu", "-p", "Hi", "-n", "1000000000"}));
}

TEST(MemoryTest, AnAbsurdCacheIsRefused) {
  try {
    KvCache(cpu_backend(), DType::f32, 1000, 40, 2, int64_t(1) << 30, 128);
    FAIL() << "88 petabytes are given";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("needs 87960930.22 GB"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace glimpse
