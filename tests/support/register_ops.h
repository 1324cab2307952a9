#pragma once
#include <vector>

#include "glimpse/core/backend.h"

namespace glimpse::test {

// Registers with GoogleTest one test for each op x variant x case of the registry on each backend:
// "ops/<op>.<variant>[@<device>]/<case>". Cases of the seed in GLIMPSE_SEED (default 1) come behind the fixed ones.
void register_op_tests(const std::vector<Backend*>& backends);
// "claims/<op>/<variant>": bits of a row against those of the same row in other company.
void register_claim_tests(const std::vector<Backend*>& backends);
// "auto/choice.cuda": what auto takes on each architecture; the CUDA variants must be there.
void register_auto_test();

}  // namespace glimpse::test
