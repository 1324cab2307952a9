// The generic test of one variant on one case, and what it compares with.
#pragma once
#include <string>
#include <vector>

#include "glimpse/core/op.h"
#include "support/budget.h"
#include "support/case_memory.h"

namespace glimpse::test {

// Both answers of the oracle, computed on padded rows where the contract allows them, so that the oracle's own strides
// are tested too.
std::vector<Expected> expect(const OpBase& op, const AnyCase& test_case, uint64_t seed);

struct Outcome {
  int ran = 0;                        // layouts that ran
  std::vector<std::string> skipped;   // reasons of the others
  std::vector<std::string> failures;  // sentences
};

// Runs variant v on the case in every layout, several times in each (with 1, 2, 3 and again 3 threads on the CPU), and
// checks: outputs within the budget; the same bits every time; no byte written that no output owns (inputs, gaps
// between rows, guard zones of tensors and workspace); no more workspace than declared; nothing left of the poison.
Outcome check_variant(const OpBase& op, int v, const AnyCase& test_case, uint64_t seed, Backend& backend,
                      const std::vector<Expected>& expected);

// The same comparison for what Run chooses by itself, through Run::execute; also that no op is entered within itself.
Outcome check_auto(const OpBase& op, const AnyCase& test_case, uint64_t seed, Backend& backend,
                   const std::vector<Expected>& expected);

// Seed of a case's values: from its op and label, so that the label alone reproduces it.
uint64_t seed_of(const OpBase& op, const std::string& label);

}  // namespace glimpse::test
